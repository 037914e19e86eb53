package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SO_TYPE;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;

/**
 * Makes inet sockets for sandboxed threads. The supervisor makes each and ties it to the loopback
 * device, so that none of its packets ever leaves the machine.
 */
final class NewSockets {
  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final PathResolver paths;
  private final NetworkPolicy policy;
  private final OwnSockets own;
  private final OwnLoopback loopback;

  /**
   * Makes the sockets of one sandbox.
   *
   * @param setting the parts of its network
   * @param own records them
   * @param loopback the sandbox's own loopback; null where it is the host's
   */
  NewSockets(SandboxNetwork.Setting setting, OwnSockets own, OwnLoopback loopback) {
    this.kernel = setting.kernel();
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.paths = setting.paths();
    this.policy = setting.policy();
    this.own = own;
    this.loopback = loopback;
  }

  void answer(SyscallNotification call) throws AccessException {
    int type = call.intArgument(1);
    int fd = loopback != null ? loopback.socket(call.intArgument(0), type) : made(call, type);
    try {
      if (loopback == null) {
        settle(fd);
      }
      call.resultDescriptor(fd, (type & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    } finally {
      child.close(fd);
    }
  }

  private int made(SyscallNotification call, int type) throws AccessException {
    long fd = kernel.call(Syscall.SOCKET, call.argument(0), type | SOCK_CLOEXEC, call.argument(2));
    if (fd < 0) {
      throw new AccessException(fd);
    }
    return (int) fd;
  }

  /** Ties a socket of the host's network to its loopback, unless it may connect outside. */
  private void settle(int fd) throws AccessException {
    if (!connectsOutside(fd)) {
      options.tieToLoopback(fd);
    }
    if (options.get(fd, SO_TYPE) != SOCK_STREAM) {
      own.addInet(options.inode(fd, paths));
    }
  }

  /**
   * Returns whether a TCP socket may connect outside, as with an allowlist; none may listen there.
   */
  private boolean connectsOutside(int fd) throws AccessException {
    return policy.mode() == NetworkMode.ALLOWLIST && options.get(fd, SO_TYPE) == SOCK_STREAM;
  }
}
