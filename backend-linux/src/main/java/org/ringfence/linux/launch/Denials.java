package org.ringfence.linux.launch;

import org.ringfence.event.Violation;
import org.ringfence.policy.Decision;

/** Words for what was denied. */
final class Denials {
  private Denials() {}

  /** One that the kernel will make, as far as can be seen when the call is held. */
  static Violation likely(Child child, String operation, String path, int tid, Decision decision) {
    return violation(child, operation, path, tid, decision, Violation.Certainty.LIKELY);
  }

  /** One that the supervisor makes. */
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
