package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;

import java.io.IOException;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.WaitingCalls;

/** Connects sockets for sandboxed threads, on a copy of the caller's socket. */
final class ConnectCalls {
  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final DestinationDecisions decisions;
  private final InetDestinations inet;
  private final OwnLoopback loopback;
  private final PendingConnects pending;
  private final UnixPeers peers;
  private final WaitingCalls waiting;

  /**
   * Connects the sockets of one sandbox.
   *
   * @param kernel the system calls
   * @param decisions decides on destinations
   * @param inet waits for decisions of the listener
   * @param loopback the sandbox's own loopback; null where it is the host's
   * @param pending connects that take time
   * @param peers knows the peers of unix sockets
   * @param waiting holds calls whose callers wait
   */
  ConnectCalls(
      Kernel kernel,
      DestinationDecisions decisions,
      InetDestinations inet,
      OwnLoopback loopback,
      PendingConnects pending,
      UnixPeers peers,
      WaitingCalls waiting) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.decisions = decisions;
    this.inet = inet;
    this.loopback = loopback;
    this.pending = pending;
    this.peers = peers;
    this.waiting = waiting;
  }

  /** Answers {@code connect}, now or later. */
  void connect(SyscallNotification call) throws AccessException, IOException {
    int fd = child.descriptor(call.tid(), call.intArgument(0));
    boolean handedOn = false;
    try {
      SocketAddress address = SocketAddress.read(child, call, 1);
      call.live();
      Destination destination = decisions.ofConnect(call, fd, address);
      if (destination.refusal() < 0) {
        destination.close();
        call.result(destination.refusal());
        return;
      }
      int domain = (int) options.get(fd, SO_DOMAIN);
      if (destination.refusal() == Destination.UNDECIDED) {
        waiting.add(call, 1, new UndecidedConnect(call, fd, destination.address()));
      } else if (destination.outside() != null) {
        handedOn = true;
        connectOutside(call, fd, destination.outside());
      } else if (domain == AF_INET || domain == AF_INET6) {
        pending.connect(call, fd, destination.address(), destination.own());
      } else {
        connectUnix(call, fd, destination);
      }
      handedOn = true;
    } finally {
      if (!handedOn) {
        child.close(fd);
      }
    }
  }

  /** Takes the descriptor over, unless it throws, and the destination. */
  private void connectUnix(SyscallNotification call, int fd, Destination destination)
      throws AccessException {
    boolean handedOn = false;
    try {
      peers.connects(call, fd);
      UnixConnect connect = new UnixConnect(call, fd, destination);
      if (connect.attempt()) {
        child.close(fd);
      } else {
        waiting.add(call, 2, connect);
        handedOn = true;
      }
    } finally {
      if (!handedOn) {
        destination.close();
      }
    }
  }

  /** A connect that waits for room in a server's queue. */
  private final class UnixConnect implements WaitingCalls.Waiting {
    private final SyscallNotification call;
    private final int fd;
    private final Destination destination;
    private final boolean waits;
    private final long due;

    private UnixConnect(SyscallNotification call, int fd, Destination destination) {
      this.call = call;
      this.fd = fd;
      this.destination = destination;
      this.waits = (kernel.call(Syscall.FCNTL, fd, F_GETFL) & O_NONBLOCK) == 0;
      this.due = waits ? pending.due(fd) : 0;
    }

    @Override
    public boolean attempt() {
      long result = pending.withoutWaiting(fd, destination.address());
      boolean late = due != 0 && System.nanoTime() - due >= 0;
      if (result == -Errno.EAGAIN.value() && waits && !late) {
        return false;
      }
      call.result(result);
      return true;
    }

    @Override
    public void close() {
      destination.close();
      child.close(fd);
    }
  }

  /** A connect that waits for the listener's decision on its destination. */
  private final class UndecidedConnect implements WaitingCalls.Waiting {
    private final SyscallNotification call;
    private final SocketAddress address;
    private int fd;

    private UndecidedConnect(SyscallNotification call, int fd, SocketAddress address) {
      this.call = call;
      this.fd = fd;
      this.address = address;
    }

    @Override
    public boolean attempt() throws AccessException {
      int socket = fd;
      fd = -1;
      connectWhenDecided(call, socket, address);
      return true;
    }

    @Override
    public void close() {
      child.close(fd);
    }
  }

  /** Decides and connects, on a thread that may wait for the decision. */
  private void connectWhenDecided(SyscallNotification call, int fd, SocketAddress address) {
    boolean handedOn = false;
    try {
      InetDestinations.Ruling ruling =
          inet.decideWaiting(decisions.request(call, DestinationDecisions.CONNECT, fd, address));
      call.live();
      if (ruling instanceof InetDestinations.Allowed allowed) {
        handedOn = loopback != null;
        if (loopback != null) {
          connectOutside(call, fd, allowed);
        } else {
          decisions.announce(fd, allowed);
          pending.connect(call, fd, allowed.address(), false);
          handedOn = true;
        }
      } else {
        call.fail(Errno.EACCES);
      }
    } catch (AccessException e) {
      call.result(e.result());
    } catch (IOException e) {
      decisions.refuse(call, SocketCalls.unknownPeer());
    } finally {
      if (!handedOn) {
        child.close(fd);
      }
    }
  }

  /** Connects from the sandbox's own network to this JVM's; closes the copy. */
  private void connectOutside(SyscallNotification call, int fd, InetDestinations.Allowed allowed)
      throws AccessException {
    loopback.connect(call, fd, allowed.address(), outside -> decisions.announce(outside, allowed));
  }
}
