package org.ringfence.linux.report;

import org.ringfence.event.Violation;
import org.ringfence.linux.task.TargetMemory;
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
