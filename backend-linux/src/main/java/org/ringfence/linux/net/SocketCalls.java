package org.ringfence.linux.net;

import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory.AccessException;

/** Passes a call on sockets to the class that answers it, and turns failures into results. */
final class SocketCalls {
  private final NewSockets sockets;
  private final ServerCalls serverCalls;
  private final ConnectCalls connects;
  private final SendCalls sends;
  private final UnixBinds unixBinds;
  private final OwnServers servers;
  private final UnixPeers peers;

  SocketCalls(
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
      call.result(e.result());
    } catch (IOException e) {
      call.fail(Errno.EACCES);
    } catch (RejectedExecutionException e) {
      // More calls wait than this JVM has threads for.
      call.fail(Errno.EAGAIN);
    }
  }
}
