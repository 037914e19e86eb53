package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.CLONE_FS;
import static org.ringfence.linux.bind.Constants.SO_COOKIE;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.NameDecisions;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.socket.OwnSockets.UnixSocket;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Binds unix sockets for sandboxed threads, on a copy of the socket and in the directory that was
 * decided on: a call passed on to the kernel could bind another socket or address than the
 * supervisor checked.
 *
 * <p>The kernel remembers the name that this JVM binds, which is the last part of the caller's. So
 * Ringfence keeps the caller's name, for {@code getsockname}.
 *
 * <p>Runs on a supervising thread, which has its own working directory and umask.
 */
final class UnixBinds {
  private static final byte[] ROOT = {'/', 0};

  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final PathResolver paths;
  private final NameDecisions decisions;
  private final EffectivePolicy policy;
  private final OwnSockets own;
  private final boolean privateNetwork;

  UnixBinds(
      Kernel kernel,
      PathResolver paths,
      NameDecisions decisions,
      EffectivePolicy policy,
      OwnSockets own,
      boolean privateNetwork) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.paths = paths;
    this.decisions = decisions;
    this.policy = policy;
    this.own = own;
    this.privateNetwork = privateNetwork;
  }

  /** Binds a copy of a unix socket and returns the call's result. */
  long bind(SyscallNotification call, int fd, SocketAddress address) throws AccessException {
    if (address.family() != AF_UNIX) {
      return -Errno.EINVAL.value();
    }
    UnixSocket socket = new UnixSocket(options.inode(fd, paths), options.getLong(fd, SO_COOKIE));
    if (address.hasPath()) {
      return bindPath(call, fd, address.path(), socket);
    }
    long result = bind(fd, address.bytes());
    if (result >= 0 && !privateNetwork) {
      // In a private network namespace abstract names are the sandbox's own anyway.
      own.addAbstract(options.boundName(fd).abstractName(), socket);
    }
    return result;
  }

  private long bindPath(SyscallNotification call, int fd, byte[] given, UnixSocket socket)
      throws AccessException {
    Entry entry = paths.entry(call.tid(), AT_FDCWD, given);
    try {
      if (!entry.special() && !decisions.isThere(entry)) {
        String path = decisions.pathOf(entry);
        decisions.demand("bind", call, path, policy.evaluate(path, Operation.WRITE));
        // Git accepts a socket as a part of a git directory.
        decisions.demand("bind", call, path, decisions.git().made(entry, path, false));
      }
      long result = bindIn(entry, fd, child.umask(call.tid()));
      if (result >= 0) {
        if (privateNetwork) {
          own.addPath(call.tid(), entry.pathIn(paths), socket.inode());
        } else {
          own.addUnix(socket);
        }
        own.named(socket, given);
      }
      return result;
    } finally {
      child.close(entry.directory());
    }
  }

  /** Binds from within the directory, since an address has no room for a path before the name. */
  private long bindIn(Entry entry, int fd, int umask) throws AccessException {
    byte[] bytes = new byte[2 + entry.given().length + 1];
    bytes[0] = AF_UNIX;
    System.arraycopy(entry.given(), 0, bytes, 2, entry.given().length);
    // A container's filter may deny it; then directory and umask would be those of the whole JVM.
    long unshared = kernel.call(Syscall.UNSHARE, CLONE_FS);
    if (unshared < 0) {
      return unshared;
    }
    try (NativeBlock block = new NativeBlock(32)) {
      long entered = kernel.call(Syscall.FCHDIR, entry.directory());
      if (entered < 0) {
        return entered;
      }
      kernel.call(Syscall.UMASK, umask);
      try {
        return bind(fd, bytes);
      } finally {
        kernel.call(Syscall.UMASK, 0);
        kernel.call(Syscall.CHDIR, block.bytes(ROOT));
      }
    }
  }

  private long bind(int fd, byte[] address) {
    try (NativeBlock block = new NativeBlock(address.length + 32L)) {
      return kernel.call(Syscall.BIND, fd, block.bytes(address), address.length);
    }
  }

  /**
   * Answers {@code getsockname}. Decides nothing: whichever socket it is by then, the kernel
   * reports its name.
   */
  void name(SyscallNotification call) throws AccessException {
    byte[] given = own.namesAny() ? givenName(call) : new byte[0];
    if (given.length == 0) {
      call.proceed();
      return;
    }
    int room =
        ByteBuffer.wrap(child.read(call.tid(), call.argument(2), Integer.BYTES))
            .order(ByteOrder.nativeOrder())
            .getInt();
    if (room < 0) {
      call.fail(Errno.EINVAL);
      return;
    }
    ByteBuffer address =
        ByteBuffer.allocate(2 + given.length + 1)
            .order(ByteOrder.nativeOrder())
            .putShort((short) AF_UNIX)
            .put(given);
    byte[] bytes = address.array();
    if (!call.alive()) {
      return;
    }
    child.write(call.tid(), call.argument(1), Arrays.copyOf(bytes, Math.min(room, bytes.length)));
    child.write(
        call.tid(),
        call.argument(2),
        ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(bytes.length).array());
    call.result(0);
  }

  private byte[] givenName(SyscallNotification call) {
    int fd = -1;
    try {
      fd = child.descriptor(call.tid(), call.intArgument(0));
      return options.get(fd, SO_DOMAIN) == AF_UNIX
          ? own.nameOf(options.getLong(fd, SO_COOKIE))
          : new byte[0];
    } catch (AccessException e) {
      // No socket: the kernel reports that.
      return new byte[0];
    } finally {
      child.close(fd);
    }
  }
}
