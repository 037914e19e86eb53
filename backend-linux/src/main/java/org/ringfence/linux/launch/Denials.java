package org.ringfence.linux.launch;

import org.ringfence.event.Violation;
import org.ringfence.policy.Decision;

/** Describes denied operations. */
final class Denials {
  private Denials() {}

  /** Describes a denial that the kernel will make, as far as the held call shows. */
  static Violation likely(Child child, String operation, String path, int tid, Decision decision) {
    return violation(child, operation, path, tid, decision, Violation.Certainty.LIKELY);
  }

  /** Describes a denial that the supervisor makes. */
  static Violation certain(Child child, String operation, String path, int tid, Decision decision) {
    return violation(child, operation, path, tid, decision, Violation.Certainty.CERTAIN);
  }

  private static Violation violation(
      Child child,
      String operation,
      String path,
      int tid,
      Decision decision,
      Violation.Certainty certainty) {
    return new Violation(operation, path, tid, child.executable(tid), decision.reason(), certainty);
  }
}
