package org.ringfence.linux.plan;

import static org.ringfence.linux.plan.SyscallRule.Test.equal;

import java.util.List;
import java.util.stream.Stream;
import org.ringfence.linux.bpf.BpfProgram;
import org.ringfence.linux.plan.SyscallRule.Clause;
import org.ringfence.linux.plan.SyscallRule.Test;

/**
 * The second filter of a command, which keeps its signals from the one thread of this JVM in its
 * signal scope: the command thread, which installs the filter with its own number. Pure.
 */
public final class ThreadFilter {
  /** Stands for the thread's number. No thread has it (linux/threads.h, PID_MAX_LIMIT). */
  public static final int NUMBER = 0x7ffffffe;

  // asm-generic/fcntl.h
  private static final int F_SETOWN = 8;

  private static final Verdict ALLOW = new Verdict.Allow();
  private static final Verdict EPERM = new Verdict.Deny(Errno.EPERM);

  private ThreadFilter() {}

  /**
   * Compiles the filter.
   *
   * @param arch the architecture
   * @return the program, in which {@link #NUMBER} stands for the thread
   */
  public static BpfProgram compile(Arch arch) {
    Stream<SyscallRule> signals =
        Stream.of(Syscall.KILL, Syscall.TKILL, Syscall.RT_SIGQUEUEINFO)
            .map(syscall -> refused(syscall, equal(0, NUMBER)));
    SyscallRule owner = refused(Syscall.FCNTL, equal(1, F_SETOWN), equal(2, NUMBER));
    return new SeccompFilter(Stream.concat(signals, Stream.of(owner)).toList()).compile(arch);
  }

  private static SyscallRule refused(Syscall syscall, Test... tests) {
    return new SyscallRule(syscall, List.of(new Clause(List.of(tests), EPERM)), ALLOW);
  }
}
