package org.ringfence.linux.launch;

import org.ringfence.event.Violation;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;

/** Words for what was denied. */
final class Denials {
  private Denials() {}

  /** One that the kernel will make, as far as can be seen when the call is held. */
  static Violation likely(
      Child child, String operation, String path, Operation asked, int tid, Decision decision) {
    return violation(child, operation, path, asked, tid, decision, Violation.Certainty.LIKELY);
  }

  /** One that the supervisor makes. */
  static Violation certain(
      Child child, String operation, String path, Operation asked, int tid, Decision decision) {
    return violation(child, operation, path, asked, tid, decision, Violation.Certainty.CERTAIN);
  }

  private static Violation violation(
      Child child,
      String operation,
      String path,
      Operation asked,
      int tid,
      Decision decision,
      Violation.Certainty certainty) {
    String word = asked == Operation.READ ? "read" : "write";
    String remedy =
        decision.rule().startsWith("protectedNames")
            ? "protectedNames off"
            : decision.rule().startsWith("files.protectedPaths")
                ? "nothing: a protected path is never written"
                : decision.rule().startsWith("files.denyGlobs")
                    ? "a policy without that glob"
                    : decision.rule().equals("process.descriptors")
                        ? "nothing: a descriptor gives what it was opened for"
                        : "files.rules \"" + path + "\": \"" + word + "\"";
    return new Violation(
        operation, path, tid, child.executable(tid), decision.rule(), remedy, certainty);
  }
}
