package org.ringfence.linux.plan;

import static org.ringfence.linux.plan.SyscallRule.Test.anyBit;
import static org.ringfence.linux.plan.SyscallRule.Test.equal;
import static org.ringfence.linux.plan.SyscallRule.Test.pointerSet;
import static org.ringfence.linux.plan.SyscallRule.Test.thisJvm;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.linux.plan.SyscallRule.Clause;

/**
 * The filter's rules for calls that reach another process of the same user: its limits and its
 * priorities, and signals to a thread of this JVM, besides those that {@link ThreadFilter} refuses.
 *
 * <p>The thread that started a command is in the command's signal scope, and a signal to that
 * thread's number reaches the whole JVM. Groups and {@code kill(-1)} do not: the kernel asks there
 * for the scope of a process's first thread (kernel/signal.c, __kill_pgrp_info), and that of the
 * JVM is in no scope.
 */
final class OtherProcessRules {
  // asm-generic/fcntl.h
  private static final int F_SETOWN_EX = 15;
  // asm-generic/sockios.h
  private static final int FIOSETOWN = 0x8901;
  private static final int SIOCSPGRP = 0x8902;
  private static final int NEGATIVE = 0x80000000;

  private static final Verdict EPERM = new Verdict.Deny(Errno.EPERM);
  private static final Verdict ENOSYS = new Verdict.Deny(Errno.ENOSYS);
  private static final Verdict ALLOW = new Verdict.Allow();

  private OtherProcessRules() {}

  /**
   * Returns the rules of calls that no other rule is about; 0 is the caller itself.
   *
   * @param sparesThread whether a thread of this JVM is in a command's signal scope
   */
  static List<SyscallRule> of(boolean sparesThread) {
    List<SyscallRule> rules = new ArrayList<>();
    rules.add(rule(Syscall.PRLIMIT64, ALLOW, when(ALLOW, equal(0, 0)), when(EPERM, pointerSet(2))));
    rules.add(rule(Syscall.SETPRIORITY, EPERM, when(ALLOW, equal(0, 0), equal(1, 0))));
    rules.add(rule(Syscall.IOPRIO_SET, EPERM, when(ALLOW, equal(0, 1), equal(1, 0))));
    for (Syscall syscall :
        List.of(
            Syscall.SCHED_SETAFFINITY,
            Syscall.SCHED_SETSCHEDULER,
            Syscall.SCHED_SETPARAM,
            Syscall.SCHED_SETATTR)) {
      rules.add(rule(syscall, EPERM, when(ALLOW, equal(0, 0))));
    }
    if (sparesThread) {
      rules.add(rule(Syscall.TGKILL, ALLOW, when(EPERM, thisJvm(0))));
      rules.add(rule(Syscall.RT_TGSIGQUEUEINFO, ALLOW, when(EPERM, thisJvm(0))));
      // A descriptor may lead to another thread as soon as it has been looked at, so none is
      // allowed but the caller itself (linux/pidfd.h, PIDFD_SELF). Programs fall back to kill.
      rules.add(rule(Syscall.PIDFD_SEND_SIGNAL, ENOSYS, when(ALLOW, anyBit(0, NEGATIVE))));
    }
    return rules;
  }

  /**
   * Returns the clauses of fcntl about the process that the kernel signals when a descriptor is
   * ready. The structure of F_SETOWN_EX is in memory, which another thread could change. The error
   * is that of a kernel without it.
   */
  static List<Clause> fcntl(boolean sparesThread) {
    return sparesThread
        ? List.of(when(new Verdict.Deny(Errno.EINVAL), equal(1, F_SETOWN_EX)))
        : List.of();
  }

  /** Returns the clauses of ioctl about the same; the number of the process is in memory. */
  static List<Clause> ioctl(boolean sparesThread) {
    return sparesThread
        ? List.of(when(EPERM, equal(1, FIOSETOWN)), when(EPERM, equal(1, SIOCSPGRP)))
        : List.of();
  }

  private static SyscallRule rule(Syscall syscall, Verdict otherwise, Clause... clauses) {
    return new SyscallRule(syscall, List.of(clauses), otherwise);
  }

  private static Clause when(Verdict verdict, SyscallRule.Test... tests) {
    return new Clause(List.of(tests), verdict);
  }
}
