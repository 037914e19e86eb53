package org.ringfence.event;

import java.util.Objects;

/**
 * Something that the sandbox denied.
 *
 * @param operation what was tried: the system call or the kind of access
 * @param target the path or address it was tried on
 * @param pid the process that tried it
 * @param executable the program that the process runs; empty when it could not be learned
 * @param rule the rule that decided
 * @param remedy what would allow it
 * @param certainty how sure this is
 */
public record Violation(
    String operation,
    String target,
    long pid,
    String executable,
    String rule,
    String remedy,
    Certainty certainty) {
  /** How sure a reported denial is. */
  public enum Certainty {
    /** The mechanism that denied it reported it. */
    CERTAIN,
    /** It is inferred. */
    LIKELY
  }

  /** Checks that no part is null. */
  public Violation {
    Objects.requireNonNull(operation, "operation");
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(executable, "executable");
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(remedy, "remedy");
    Objects.requireNonNull(certainty, "certainty");
  }

  /**
   * The parts, what a command chose among them escaped.
   *
   * @return one line
   */
  @Override
  public String toString() {
    return Printable.of(
        "Violation["
            + "operation="
            + operation
            + ", target="
            + target
            + ", pid="
            + pid
            + ", executable="
            + executable
            + ", rule="
            + rule
            + ", remedy="
            + remedy
            + ", certainty="
            + certainty
            + "]");
  }
}
