package org.ringfence.linux.plan;

import static org.ringfence.linux.plan.SyscallRule.Test.anyBit;
import static org.ringfence.linux.plan.SyscallRule.Test.equal;
import static org.ringfence.linux.plan.SyscallRule.Test.pointerSet;
import static org.ringfence.linux.plan.SyscallRule.Test.thisJvm;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.linux.plan.Supervision.Signals;
import org.ringfence.linux.plan.SyscallRule.Clause;

/**
 * The filter's rules for calls that reach another process of the same user: its limits and its
 * priorities, and signals, besides those that {@link ThreadFilter} refuses.
 *
 * <p>Where Landlock scopes signals, the thread that started a command is in the command's signal
 * scope, and a signal to that thread's number reaches the whole JVM. Groups and {@code kill(-1)} do
 * not: the kernel asks there for the scope of a process's first thread (kernel/signal.c,
 * __kill_pgrp_info), and that of the JVM is in no scope.
 *
 * <p>Where Landlock does not, the supervisor decides on each call that signals another process, or
 * names one that the kernel will signal later. It hears of each new group of processes, so that it
 * knows all of them when it kills a command. The mark of a command is a limit that no process may
 * change.
 */
final class OtherProcessRules {
  // asm-generic/fcntl.h
  private static final int F_SETFL = 4;
  private static final int F_SETOWN = 8;
  private static final int F_SETOWN_EX = 15;
  private static final int O_ASYNC = 0x2000;
  // asm-generic/ioctls.h, asm-generic/sockios.h
  private static final int FIOASYNC = 0x5452;
  private static final int FIOSETOWN = 0x8901;
  private static final int SIOCSPGRP = 0x8902;
  // asm-generic/resource.h: Linux itself has not used this limit since 2.4.
  private static final int RLIMIT_LOCKS = 10;
  private static final int NEGATIVE = 0x80000000;

  private static final Verdict NOTIFY = new Verdict.Notify();
  private static final Verdict EPERM = new Verdict.Deny(Errno.EPERM);
  private static final Verdict ENOSYS = new Verdict.Deny(Errno.ENOSYS);
  private static final Verdict ALLOW = new Verdict.Allow();

  private OtherProcessRules() {}

  /**
   * Returns the rules of calls that no other rule is about; 0 is the caller itself.
   *
   * @param signals the mechanism that holds signals
   */
  static List<SyscallRule> of(Signals signals) {
    List<SyscallRule> rules = new ArrayList<>();
    List<Clause> limits = new ArrayList<>();
    if (signals == Signals.DECIDE) {
      Syscall.SIGNALS.forEach(call -> rules.add(rule(call, NOTIFY)));
      rules.add(rule(Syscall.SETSID, NOTIFY));
      rules.add(rule(Syscall.SETPGID, NOTIFY));
      rules.add(rule(Syscall.SETRLIMIT, ALLOW, when(EPERM, equal(0, RLIMIT_LOCKS))));
      limits.add(when(EPERM, equal(1, RLIMIT_LOCKS), pointerSet(2)));
    }
    limits.add(when(ALLOW, equal(0, 0)));
    limits.add(when(EPERM, pointerSet(2)));
    rules.add(new SyscallRule(Syscall.PRLIMIT64, limits, ALLOW));
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
    if (signals == Signals.SPARE_THREAD) {
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
  static List<Clause> fcntl(Signals signals) {
    Clause structure = when(new Verdict.Deny(Errno.EINVAL), equal(1, F_SETOWN_EX));
    return switch (signals) {
      case NONE -> List.of();
      case SPARE_THREAD -> List.of(structure);
      case DECIDE ->
          List.of(
              structure,
              when(NOTIFY, equal(1, F_SETOWN)),
              when(NOTIFY, equal(1, F_SETFL), anyBit(2, O_ASYNC)));
    };
  }

  /** Returns the clauses of ioctl about the same; the number of the process is in memory. */
  static List<Clause> ioctl(Signals signals) {
    List<Clause> clauses = new ArrayList<>();
    if (signals == Signals.DECIDE) {
      clauses.add(when(NOTIFY, equal(1, FIOASYNC)));
    }
    if (signals != Signals.NONE) {
      clauses.add(when(EPERM, equal(1, FIOSETOWN)));
      clauses.add(when(EPERM, equal(1, SIOCSPGRP)));
    }
    return clauses;
  }

  private static SyscallRule rule(Syscall syscall, Verdict otherwise, Clause... clauses) {
    return new SyscallRule(syscall, List.of(clauses), otherwise);
  }

  private static Clause when(Verdict verdict, SyscallRule.Test... tests) {
    return new Clause(List.of(tests), verdict);
  }
}
