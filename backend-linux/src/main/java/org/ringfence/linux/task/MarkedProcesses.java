package org.ringfence.linux.task;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SIGKILL;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * Finds and kills the processes of one command by its mark.
 *
 * <p>It kills all of them. Each group of the command is known before a process enters it, since the
 * supervisor hears of setsid and setpgid, and no group is entered from the first kill on, except by
 * a call that the kernel had begun. SIGKILL to a group reaches each member in one pass under the
 * kernel's task list lock, and a fork that it interrupts does not complete (kernel/fork.c,
 * copy_process). So one round over the groups can miss only a process that such a call moved
 * meanwhile, with its children. Rounds alternate with passes over {@code /proc}, which find
 * processes in any group, until two passes in a row have found none.
 *
 * <p>Allocates nothing after its start. Thread-safe.
 */
public final class MarkedProcesses implements AutoCloseable {
  private static final int ENTRIES_BYTES = 32_768;
  private static final int QUIET_PASSES = 2;
  private static final int FIRST_SWEEP = 64;
  private static final int MOST_PASSES = 60;
  private static final long PAUSE_NANOS = 1_000_000;

  private final Kernel kernel;
  private final long mark;
  private final ProcessMarks.Reader reader;
  private final NativeBlock block = new NativeBlock(ENTRIES_BYTES + 128L);
  private final long proc = block.string("/proc");
  private final long entries = block.allocate(ENTRIES_BYTES);
  private final long poll = block.allocate(16);
  private final long time = block.allocate(16);
  private int[] groups = new int[FIRST_SWEEP];
  private int groupCount;
  private final IntPredicate told;
  private boolean ending;
  private boolean closed;

  /**
   * Knows the processes of one command.
   *
   * @param told hears of each new group before a process enters it, and returns whether one may
   */
  public MarkedProcesses(Kernel kernel, long mark, IntPredicate told) {
    this.kernel = kernel;
    this.mark = mark;
    this.told = told;
    this.reader = new ProcessMarks.Reader(kernel);
  }

  public long mark() {
    return mark;
  }

  /**
   * Adds a group that a process is about to enter. The watchdog hears of a known one, too: it may
   * have dropped it, if it was empty when its number was given to another process.
   *
   * @return false if none may enter it: the command's processes are being killed, or the watchdog
   *     does not hear of it
   */
  public synchronized boolean addGroup(int group) {
    if (ending || closed) {
      return false;
    }
    if (placeOf(group) < 0) {
      if (groupCount == groups.length) {
        dropEmpty();
        if (groupCount > groups.length / 2) {
          groups = Arrays.copyOf(groups, 2 * groups.length);
        }
      }
      groups[groupCount++] = group;
    }
    return told.test(group);
  }

  /** Returns whether the command's processes are being killed, or have been. */
  public synchronized boolean isEnding() {
    return ending || closed;
  }

  /** Returns whether a group is one of the command's. */
  public synchronized boolean knowsGroup(int group) {
    return placeOf(group) >= 0;
  }

  /**
   * Drops groups that no process can enter any more. A group may be empty because its call has been
   * answered, but not made: then the process that is to lead it exists. It is asked for first,
   * since it may enter its group, fork and end between the questions.
   */
  private void dropEmpty() {
    int left = 0;
    for (int i = 0; i < groupCount; i++) {
      if (exists(groups[i]) || exists(-groups[i])) {
        groups[left++] = groups[i];
      }
    }
    groupCount = left;
  }

  /** Returns whether there is a process or, with a negated number, a group. */
  private boolean exists(int number) {
    return kernel.call(Syscall.KILL, number, 0) != -Errno.ESRCH.value();
  }

  /**
   * Kills all; returns when none is left, or when each has been killed but some do not end.
   *
   * @param first the process to kill first, since it may wait for the others; 0 for none
   */
  public void kill(int first) {
    begin(first);
    int quiet = 0;
    for (int pass = 0; pass < MOST_PASSES && quiet < QUIET_PASSES; pass++) {
      killGroups();
      if (signal(SIGKILL)) {
        quiet = 0;
        pause();
      } else {
        quiet++;
      }
    }
  }

  private synchronized void begin(int first) {
    ending = true;
    if (!closed && first > 0 && reader.markOf(first) == mark) {
      one(first, SIGKILL);
    }
  }

  private synchronized void killGroups() {
    if (closed) {
      return;
    }
    dropOthers();
    for (int i = 0; i < groupCount; i++) {
      kernel.call(Syscall.KILL, -groups[i], SIGKILL);
    }
  }

  /**
   * Drops groups that are not the command's any more: a group's number is given to another process
   * when its last member has gone, never while it has one.
   */
  private void dropOthers() {
    long fd = kernel.call(Syscall.OPENAT, AT_FDCWD, proc, O_CLOEXEC, 0);
    long length = kernel.call(Syscall.GETDENTS64, fd, entries, ENTRIES_BYTES);
    while (length > 0) {
      for (long at = entries; at < entries + length; at += block.getShort(at + 16) & 0xffff) {
        int pid = number(at + 19);
        if (pid > 0) {
          int group = (int) kernel.call(Syscall.GETPGID, pid);
          int place = placeOf(group);
          // Asked again, since the number itself may be another's by now.
          if (place >= 0 && isOther(pid) && kernel.call(Syscall.GETPGID, pid) == group) {
            groups[place] = groups[--groupCount];
          }
        }
      }
      length = kernel.call(Syscall.GETDENTS64, fd, entries, ENTRIES_BYTES);
    }
    kernel.call(Syscall.CLOSE, fd);
  }

  private boolean isOther(int pid) {
    long other = reader.markOf(pid);
    return other >= 0 && other != mark;
  }

  private int placeOf(int group) {
    for (int i = 0; i < groupCount; i++) {
      if (groups[i] == group) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Sends each process a signal, once.
   *
   * @return whether any was alive
   */
  public synchronized boolean signal(int signal) {
    if (closed) {
      return false;
    }
    // O_DIRECTORY has different numbers; the name is the kernel's own.
    long fd = kernel.call(Syscall.OPENAT, AT_FDCWD, proc, O_CLOEXEC, 0);
    boolean any = false;
    long length = kernel.call(Syscall.GETDENTS64, fd, entries, ENTRIES_BYTES);
    while (length > 0) {
      // struct linux_dirent64: the record's length at 16, the name at 19.
      for (long at = entries; at < entries + length; at += block.getShort(at + 16) & 0xffff) {
        int pid = number(at + 19);
        any |= pid > 0 && reader.markOf(pid) == mark && one(pid, signal);
      }
      length = kernel.call(Syscall.GETDENTS64, fd, entries, ENTRIES_BYTES);
    }
    kernel.call(Syscall.CLOSE, fd);
    return any;
  }

  /** Signals a process that has the mark; returns whether it was alive. */
  private boolean one(int pid, int signal) {
    long pidfd = kernel.call(Syscall.PIDFD_OPEN, pid, 0);
    if (pidfd < 0) {
      return false;
    }
    // While the descriptor's process is not reaped, its number is no other's; afterwards the signal
    // fails.
    boolean sent =
        reader.markOf(pid) == mark
            && kernel.call(Syscall.PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0) >= 0;
    block.setInt(poll, (int) pidfd);
    block.setShort(poll + 4, (short) EPOLLIN);
    block.setShort(poll + 6, (short) 0);
    block.clear(time, 16);
    boolean zombie = kernel.call(Syscall.PPOLL, poll, 1, time, 0) > 0;
    kernel.call(Syscall.CLOSE, pidfd);
    return sent && !zombie;
  }

  private synchronized void pause() {
    if (!closed) {
      block.setLong(time, 0);
      block.setLong(time + 8, PAUSE_NANOS);
      kernel.call(Syscall.PPOLL, 0, 0, time, 0);
    }
  }

  private int number(long at) {
    int value = 0;
    for (int i = 0; i < 10; i++) {
      byte digit = block.getByte(at + i);
      if (digit == 0) {
        return value;
      }
      if (digit < '0' || digit > '9') {
        return 0;
      }
      value = value * 10 + (digit - '0');
    }
    return 0;
  }

  /** Frees the memory. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      block.close();
      reader.close();
    }
  }
}
