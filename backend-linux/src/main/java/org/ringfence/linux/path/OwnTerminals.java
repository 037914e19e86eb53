package org.ringfence.linux.path;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_NOCTTY;
import static org.ringfence.linux.bind.Constants.O_PATH;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver.Status;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * The pseudo-terminals that commands of a sandbox have opened themselves. Where commands share
 * {@code /dev/pts} with the user, only these are theirs.
 *
 * <p>The kernel soon reuses a closed terminal's number, and its inode number. So this class holds
 * the inode, without opening the terminal: closing the other end removes its link
 * (fs/devpts/inode.c, devpts_pty_kill) before the number is free.
 *
 * <p>Thread-safe.
 */
public final class OwnTerminals implements AutoCloseable {
  // linux/major.h and drivers/tty/pty.c: /dev/ptmx is TTYAUX_MAJOR, minor 2.
  private static final long MULTIPLEXER = 5L << 20 | 2;
  // asm-generic/ioctls.h
  private static final long TIOCGPTPEER = 0x5441;
  // The whole system has 4096 (kernel.pty.max).
  private static final int MOST = 256;

  private final Kernel kernel;
  private final TargetMemory child;
  private final List<Held> held = new ArrayList<>();

  private record Held(int fd, Status status) {}

  OwnTerminals(Kernel kernel) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
  }

  /** Returns whether opening a device makes a new terminal. */
  public static boolean makes(Status status) {
    return status.device() == MULTIPLEXER;
  }

  /**
   * Makes a terminal for a command.
   *
   * @param multiplexer a descriptor of the device that makes it
   * @param flags the flags of {@code open(2)}
   * @return the terminal's other end, or a negated error number
   */
  public synchronized long open(PathResolver paths, int multiplexer, int flags)
      throws AccessException {
    forgetClosed();
    if (held.size() >= MOST) {
      return -Errno.EAGAIN.value();
    }
    long opened = reopen(multiplexer, flags);
    if (opened < 0) {
      return opened;
    }
    try {
      hold(paths, (int) opened);
    } catch (AccessException e) {
      child.close((int) opened);
      throw e;
    }
    return opened;
  }

  /**
   * Remembers a terminal as the sandbox's own.
   *
   * @param master its other end
   */
  public synchronized void hold(PathResolver paths, int master) throws AccessException {
    forgetClosed();
    int terminal = peer(master);
    try {
      held.add(new Held(terminal, paths.status(terminal)));
    } catch (AccessException e) {
      child.close(terminal);
      throw e;
    }
  }

  /** Returns a descriptor that stands for the terminal without opening it. */
  private int peer(int master) throws AccessException {
    long fd = kernel.call(Syscall.IOCTL, master, TIOCGPTPEER, O_PATH | O_CLOEXEC);
    if (fd < 0) {
      throw new AccessException(fd);
    }
    return (int) fd;
  }

  /** Returns whether the sandbox opened a terminal, and it still is the same one. */
  public synchronized boolean include(Status status) {
    return held.stream()
        .anyMatch(
            one ->
                one.status().identity().equals(status.identity())
                    && one.status().device() == status.device()
                    && isThere(one));
  }

  /**
   * Opens one of the sandbox's terminals by its device number.
   *
   * @return the descriptor, or a negated error number
   */
  public synchronized long openDevice(long device, int flags) {
    for (Held one : held) {
      if (one.status().device() == device && isThere(one)) {
        return reopen(one.fd(), flags);
      }
    }
    return -Errno.ENXIO.value();
  }

  /** Answers a request on a terminal's master end for the terminal (TIOCGPTPEER). */
  public void answerPeer(PathResolver paths, SyscallNotification call) {
    int master = -1;
    int terminal = -1;
    try {
      master = child.descriptor(call.tid(), call.intArgument(0));
      if (!call.alive()) {
        return;
      }
      terminal = peer(master);
      if (!include(paths.status(terminal))) {
        call.fail(Errno.EACCES);
        return;
      }
      int flags = call.intArgument(2);
      long opened = reopen(terminal, flags | O_NOCTTY | O_CLOEXEC);
      if (opened < 0) {
        call.result(opened);
        return;
      }
      call.resultDescriptor((int) opened, flags & O_CLOEXEC);
      child.close((int) opened);
    } catch (AccessException e) {
      call.result(e.result());
    } finally {
      child.close(terminal);
      child.close(master);
    }
  }

  private long reopen(int fd, int flags) {
    try (NativeBlock block = new NativeBlock(96)) {
      long name = block.string(PathResolver.own(fd));
      return kernel.call(Syscall.OPENAT, AT_FDCWD, name, flags, 0);
    }
  }

  private boolean isThere(Held one) {
    try (NativeBlock block = new NativeBlock(512)) {
      long statx = block.allocate(256);
      // STATX_NLINK is 4; struct statx has stx_nlink at 16 (linux/stat.h).
      long empty = block.allocate(1);
      long result = kernel.call(Syscall.STATX, one.fd(), empty, AT_EMPTY_PATH, 4, statx, 0);
      return result >= 0 && block.getInt(statx + 16) > 0;
    }
  }

  private void forgetClosed() {
    for (Iterator<Held> all = held.iterator(); all.hasNext(); ) {
      Held one = all.next();
      if (!isThere(one)) {
        all.remove();
        child.close(one.fd());
      }
    }
  }

  /** Releases all terminals. */
  @Override
  public synchronized void close() {
    held.forEach(one -> child.close(one.fd()));
    held.clear();
  }
}
