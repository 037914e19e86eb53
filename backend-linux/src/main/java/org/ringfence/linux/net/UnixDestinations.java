package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_PATH;

import java.util.HashMap;
import java.util.Map;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.NamedSockets;

/**
 * Decides which unix sockets sandboxed threads reach: their own, and those that the policy names.
 * Thread-safe.
 */
final class UnixDestinations implements AutoCloseable {
  private final Kernel kernel;
  private final PathResolver paths;
  private final EffectivePolicy policy;
  private final NamedSockets named;
  // A socket at a name that commands may give to another, held so that its number is not reused.
  private final Map<String, Integer> held = new HashMap<>();
  private final OwnSockets own;
  private final boolean privateNetwork;

  UnixDestinations(
      Kernel kernel,
      PathResolver paths,
      EffectivePolicy policy,
      OwnSockets own,
      boolean privateNetwork) {
    this.kernel = kernel;
    this.paths = paths;
    this.policy = policy;
    this.named = NamedSockets.of(policy);
    this.own = own;
    this.privateNetwork = privateNetwork;
    this.named.paths().stream().filter(this::replaceable).forEach(this::hold);
  }

  private boolean replaceable(String path) {
    return policy.policy().fileDefault() != FileDefault.WRITE
        && policy.evaluate(path, Operation.WRITE).allowed();
  }

  private void hold(String path) {
    byte[] name = NativeBlock.encode(path);
    try (NativeBlock block = new NativeBlock(name.length + 32L)) {
      long at = block.allocate(name.length + 1L);
      block.setBytes(at, name);
      long fd = kernel.call(Syscall.OPENAT, AT_FDCWD, at, O_PATH | O_CLOEXEC, 0);
      if (fd >= 0) {
        held.put(path, (int) fd);
      }
    }
  }

  /** Returns whether an abstract name may be used. */
  boolean reachesAbstract(SocketAddress address) {
    // In a private network namespace, abstract names are the commands' own.
    return privateNetwork || own.ownsAbstract(address.abstractName());
  }

  /**
   * Returns whether a socket file may be used.
   *
   * @param call the call that names it
   * @param object a descriptor of the file
   * @param path its path
   */
  boolean reaches(SyscallNotification call, int object, String path) throws AccessException {
    return isNamed(object, path) || owns(call, object, path);
  }

  private boolean isNamed(int object, String path) throws AccessException {
    if (!named.include(path) || !replaceable(path) || named.includesAll()) {
      return named.include(path);
    }
    Integer socket = held.get(path);
    return socket != null
        && paths.status(socket).identity().equals(paths.status(object).identity());
  }

  private boolean owns(SyscallNotification call, int object, String path) throws AccessException {
    FileNumber file = numberOf(object);
    return privateNetwork
        ? own.ownsPath(call.tid(), path, file.inode(), file.device())
        : own.ownsFile(file.inode(), file.device());
  }

  /**
   * Returns whether a socket file that may not be used is left over: it lies where commands write,
   * or one has bound it, and no socket of this machine's network namespace is bound to it. Nobody
   * could answer there.
   *
   * @param object a descriptor of the file
   * @param path its path
   */
  boolean isLeftOver(int object, String path) throws AccessException {
    FileNumber file = numberOf(object);
    return (policy.evaluate(path, Operation.WRITE).allowed() || own.hasBound(path))
        && !own.hostHas(file.inode(), file.device());
  }

  /** A file's inode and device, as the kernel writes them in its answers about unix sockets. */
  private record FileNumber(long inode, long device) {}

  private FileNumber numberOf(int object) throws AccessException {
    try (NativeBlock block = new NativeBlock(512)) {
      long statx = block.allocate(256);
      long empty = block.allocate(1);
      // STATX_INO is 0x100; stx_ino lies at 32, the device's major and minor at 136 and 140.
      long result = kernel.call(Syscall.STATX, object, empty, AT_EMPTY_PATH, 0x100, statx, 0);
      if (result < 0) {
        throw new AccessException(result);
      }
      return new FileNumber(
          block.getLong(statx + 32),
          (long) block.getInt(statx + 136) << 20 | block.getInt(statx + 140));
    }
  }

  /** Releases the sockets. */
  @Override
  public void close() {
    held.values().forEach(fd -> kernel.call(Syscall.CLOSE, fd));
    held.clear();
  }
}
