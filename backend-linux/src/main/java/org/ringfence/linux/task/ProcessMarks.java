package org.ringfence.linux.task;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * The marks by which the processes of a command are known where Landlock does not scope signals. A
 * mark is the value of RLIMIT_LOCKS, soft and hard, which Linux has not used since 2.4. The
 * supervisor sets it while it holds the command's first execve, before the program runs. Every
 * process inherits it, over fork and execve, whatever its parent, session, user or program become,
 * and the filter lets none change it.
 *
 * <p>The decimal digits of all marks of a sandbox begin with the same ten, which are random.
 * Thread-safe.
 */
public final class ProcessMarks {
  private static final long COMMANDS = 1_000_000_000L;
  private static final long FEWEST = 1_000_000_000L;
  // Below Long.MAX_VALUE / COMMANDS, so that no mark is negative.
  private static final long MOST = 9_000_000_000L;

  private final Kernel kernel;
  private final long sandbox;
  private final AtomicLong next = new AtomicLong();

  /** Chooses the marks of a sandbox. */
  public ProcessMarks(Kernel kernel) {
    this.kernel = kernel;
    this.sandbox = FEWEST + new SecureRandom().nextLong(MOST - FEWEST);
  }

  /** Returns whether a process under this limit can be given a mark. */
  public static boolean possible(Kernel kernel) {
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(16);
      return kernel.call(Syscall.PRLIMIT64, 0, Constants.RLIMIT_LOCKS, 0, at) == 0
          && Long.compareUnsigned(block.getLong(at + 8), MOST * COMMANDS) >= 0;
    }
  }

  /** Returns a mark for a command that is about to start. */
  public long make() {
    return sandbox * COMMANDS + next.incrementAndGet() % COMMANDS;
  }

  /** Returns the first digits of every mark of this sandbox. */
  public String digits() {
    return Long.toString(sandbox);
  }

  /** Returns whether a mark is one of this sandbox. */
  public boolean include(long mark) {
    return mark / COMMANDS == sandbox;
  }

  /**
   * Gives a mark to a process that has none yet.
   *
   * @return a negated error number, or 0
   */
  public long set(int pid, long mark) {
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(16);
      block.setLong(at, mark);
      block.setLong(at + 8, mark);
      return kernel.call(Syscall.PRLIMIT64, pid, Constants.RLIMIT_LOCKS, at, 0);
    }
  }

  /**
   * Returns the mark of a thread's process.
   *
   * @return the mark, a value that is none, or a negated error number
   */
  public long of(int pid) {
    try (Reader reader = new Reader(kernel)) {
      return reader.markOf(pid);
    }
  }

  /** Reads marks again and again and allocates nothing meanwhile. One thread uses it at a time. */
  static final class Reader implements AutoCloseable {
    private static final int LONGEST = 4096;
    private static final byte[] LINE = "\nMax file locks".getBytes();

    private final Kernel kernel;
    private final NativeBlock block = new NativeBlock(LONGEST + 128L);
    private final long limits = block.allocate(16);
    private final long path = block.allocate(32);
    private final long text = block.allocate(LONGEST);

    Reader(Kernel kernel) {
      this.kernel = kernel;
    }

    /** Returns a mark, a value that is none, or a negated error number. */
    long markOf(int pid) {
      long result = kernel.call(Syscall.PRLIMIT64, pid, Constants.RLIMIT_LOCKS, 0, limits);
      if (result == -Errno.EPERM.value()) {
        // A process of another user, where this JVM lacks CAP_SYS_RESOURCE.
        return printed(pid);
      }
      return result < 0 ? result : Math.max(0, block.getLong(limits + 8));
    }

    /** Reads {@code /proc/PID/limits}, which every process may read. */
    private long printed(int pid) {
      long end = name(pid);
      byteAt(end, "/limits");
      long fd = kernel.call(Syscall.OPENAT, Constants.AT_FDCWD, path, Constants.O_CLOEXEC, 0);
      if (fd < 0) {
        return -Errno.ESRCH.value();
      }
      long length = kernel.call(Syscall.READ, fd, text, LONGEST);
      kernel.call(Syscall.CLOSE, fd);
      return length <= 0 ? -Errno.ESRCH.value() : hardLimit(length);
    }

    private long hardLimit(long length) {
      for (long at = text; at + LINE.length < text + length; at++) {
        int same = 0;
        while (same < LINE.length && block.getByte(at + same) == LINE[same]) {
          same++;
        }
        if (same == LINE.length) {
          // The soft limit, which is no other while a process has a mark; 0 for "unlimited".
          return number(at + same, text + length);
        }
      }
      return 0;
    }

    private long number(long from, long end) {
      long at = from;
      while (at < end && block.getByte(at) == ' ') {
        at++;
      }
      long value = 0;
      while (at < end && block.getByte(at) >= '0' && block.getByte(at) <= '9') {
        value = value * 10 + (block.getByte(at) - '0');
        at++;
      }
      return value;
    }

    /** Writes {@code /proc/PID} and returns where it ends. */
    private long name(int pid) {
      long at = byteAt(path, "/proc/");
      int digits = 1;
      for (int rest = pid; rest >= 10; rest /= 10) {
        digits++;
      }
      int rest = pid;
      for (int i = digits - 1; i >= 0; i--) {
        block.setByte(at + i, (byte) ('0' + rest % 10));
        rest /= 10;
      }
      return at + digits;
    }

    private long byteAt(long at, String ascii) {
      for (int i = 0; i < ascii.length(); i++) {
        block.setByte(at + i, (byte) ascii.charAt(i));
      }
      block.setByte(at + ascii.length(), (byte) 0);
      return at + ascii.length();
    }

    @Override
    public void close() {
      block.close();
    }
  }
}
