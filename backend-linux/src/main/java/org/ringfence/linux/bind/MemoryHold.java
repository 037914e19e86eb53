package org.ringfence.linux.bind;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.linux.plan.Syscall;

/**
 * Keeps the memory, descriptors and environment of this JVM from other processes of the same user,
 * for as long as any hold is open.
 *
 * <p>A command thread is a thread of this JVM in the Landlock domain of its command, and Landlock
 * allows a process to trace another of its own domain. Through the command thread's entry in {@code
 * /proc} the command would reach all that the threads of this JVM share. A JVM that is not dumpable
 * can only be traced with {@code CAP_SYS_PTRACE} (kernel/ptrace.c, __ptrace_may_access), which no
 * command has. Meanwhile no debugger attaches to this JVM and no core is dumped.
 *
 * <p>The flag belongs to the process, and several class loaders may hold this class: the count is a
 * system property. Thread-safe.
 */
public final class MemoryHold implements AutoCloseable {
  private static final String COUNT = "org.ringfence.linux.memory-holds";
  // linux/prctl.h
  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_DUMPABLE = 4;
  private static final long USUAL = 1;

  private final Kernel kernel;
  private final AtomicBoolean open = new AtomicBoolean(true);

  private MemoryHold(Kernel kernel) {
    this.kernel = kernel;
  }

  /** How many holds are open, and the flag before the first of them. */
  private record State(int holds, long before) {
    static State of(Object property) {
      String[] parts = property.toString().split(" ");
      return new State(Integer.parseInt(parts[0]), Long.parseLong(parts[1]));
    }

    @Override
    public String toString() {
      return holds + " " + before;
    }
  }

  /**
   * Begins a hold.
   *
   * @param kernel the system calls
   * @return the hold
   * @throws IOException if the kernel does not set the flag
   */
  public static MemoryHold begin(Kernel kernel) throws IOException {
    long[] refused = new long[1];
    System.getProperties()
        .compute(
            COUNT,
            (name, value) -> {
              State state =
                  value == null
                      ? new State(0, kernel.call(Syscall.PRCTL, PR_GET_DUMPABLE))
                      : State.of(value);
              refused[0] =
                  kernel.call(Syscall.PRCTL, PR_SET_DUMPABLE, 0, SeccompCompiler.CLOSED_TO_ALL);
              return new State(state.holds() + 1, state.before()).toString();
            });
    MemoryHold hold = new MemoryHold(kernel);
    if (refused[0] < 0) {
      hold.close();
      Descriptors.check("this JVM's memory cannot be kept from commands: prctl", refused[0]);
    }
    return hold;
  }

  /** Ends the hold, once. */
  @Override
  public void close() {
    if (!open.compareAndSet(true, false)) {
      return;
    }
    System.getProperties()
        .computeIfPresent(
            COUNT,
            (name, value) -> {
              State state = State.of(value);
              if (state.holds() > 1) {
                return new State(state.holds() - 1, state.before()).toString();
              }
              if (state.before() == USUAL) {
                kernel.call(Syscall.PRCTL, PR_SET_DUMPABLE, USUAL);
              }
              return null;
            });
  }
}
