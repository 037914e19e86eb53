package org.ringfence.linux.net;

import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.DenialEvents;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.TargetMemory.RefusedException;
import org.ringfence.policy.Reason;

/** Passes a call on sockets to the class that answers it, and turns failures into results. */
final class SocketCalls {
  private final NewSockets sockets;
  private final ServerCalls serverCalls;
  private final ConnectCalls connects;
  private final SendCalls sends;
  private final UnixBinds unixBinds;
  private final OwnServers servers;
  private final UnixPeers peers;
  private final TargetMemory child;
  private final Consumer<Violation> denied;

  SocketCalls(
      SandboxNetwork.Setting setting,
      NewSockets sockets,
      ServerCalls serverCalls,
      ConnectCalls connects,
      SendCalls sends,
      UnixBinds unixBinds,
      OwnServers servers,
      UnixPeers peers) {
    this.sockets = sockets;
    this.serverCalls = serverCalls;
    this.connects = connects;
    this.sends = sends;
    this.unixBinds = unixBinds;
    this.servers = servers;
    this.peers = peers;
    this.child = new TargetMemory(setting.kernel());
    this.denied = setting.reporter()::violation;
  }

  /** Returns the refusal of a call whose peer could not be found out. */
  static RefusedException unknownPeer() {
    return new RefusedException(new Reason.BySystem("sock_diag"), "its peer");
  }

  void answer(Syscall syscall, SyscallNotification call) {
    try {
      switch (syscall) {
        case SOCKET -> sockets.answer(call);
        case BIND -> serverCalls.bind(call);
        case GETSOCKNAME -> unixBinds.name(call);
        case LISTEN -> serverCalls.listen(call);
        case SETSOCKOPT -> servers.reuseAddress(call);
        case GETSOCKOPT -> peers.answer(call);
        case CONNECT -> connects.connect(call);
        case SENDTO, SENDMSG, SENDMMSG -> sends.answer(syscall, call);
        default -> call.fail(Errno.ENOSYS);
      }
    } catch (AccessException e) {
      DenialEvents.tell(denied, child, call, syscall, e);
      call.result(e.result());
    } catch (IOException e) {
      DenialEvents.tell(denied, child, call, syscall, unknownPeer());
      call.fail(Errno.EACCES);
    } catch (RejectedExecutionException e) {
      // More calls wait than this JVM has threads for.
      call.fail(Errno.EAGAIN);
    }
  }
}
