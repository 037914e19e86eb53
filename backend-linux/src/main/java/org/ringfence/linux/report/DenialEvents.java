package org.ringfence.linux.report;

import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.TargetMemory.RefusedException;
import org.ringfence.policy.Decision;

/** Describes denied operations. */
public final class DenialEvents {
  private DenialEvents() {}

  /** Describes a denial that the kernel will make, as far as the held call shows. */
  public static Violation likely(
      TargetMemory child, String operation, String path, int tid, Decision decision) {
    return violation(child, operation, path, tid, decision, Violation.Certainty.LIKELY);
  }

  /** Describes a denial that the supervisor makes. */
  public static Violation certain(
      TargetMemory child, String operation, String path, int tid, Decision decision) {
    return violation(child, operation, path, tid, decision, Violation.Certainty.CERTAIN);
  }

  /** Reports a refusal that no decision of the policy has described. */
  public static void tell(
      Consumer<Violation> denied,
      TargetMemory child,
      SyscallNotification call,
      Syscall syscall,
      AccessException failure) {
    if (failure instanceof RefusedException refused && call.alive()) {
      denied.accept(
          certain(
              child,
              syscall.kernelName(),
              refused.target(),
              call.tid(),
              Decision.deny(refused.reason(), "refused before it was decided")));
    }
  }

  private static Violation violation(
      TargetMemory child,
      String operation,
      String path,
      int tid,
      Decision decision,
      Violation.Certainty certainty) {
    return new Violation(operation, path, tid, child.executable(tid), decision.reason(), certainty);
  }
}
