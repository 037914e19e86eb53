package org.ringfence.event;

import java.util.Objects;
import org.ringfence.policy.PathLookup;
import org.ringfence.policy.Places;
import org.ringfence.policy.Reason;
import org.ringfence.policy.Remedy;

/**
 * Something that the sandbox denied.
 *
 * @param operation the attempt: the system call or the kind of access
 * @param target the path or address it was tried on
 * @param pid the process that tried it
 * @param executable the program that the process runs; empty when it could not be learned
 * @param reason what decided
 * @param certainty how sure this is
 * @param command the number of the command, which {@link
 *     org.ringfence.SandboxedProcess#commandId()} says too; 0 when it is not known
 */
public record Violation(
    String operation,
    String target,
    long pid,
    String executable,
    Reason reason,
    Certainty certainty,
    long command) {
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
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(certainty, "certainty");
  }

  /**
   * The rule that decided, in the words of the policy.
   *
   * @return the text of the reason
   */
  public String rule() {
    return reason.text();
  }

  /**
   * What would allow it. Looks at what lies at the path now, on this machine.
   *
   * @return an addition to the policy, or why there is none
   */
  public Remedy remedy() {
    Places places = Places.current();
    return new Remedies(PathLookup.HOST, PathLookup.HOST.real(places.systemTmp()), places.home())
        .of(this);
  }

  /**
   * One whose command is not known.
   *
   * @param operation the attempt: the system call or the kind of access
   * @param target the path or address it was tried on
   * @param pid the process that tried it
   * @param executable the program that the process runs; empty when it could not be learned
   * @param reason what decided
   * @param certainty how sure this is
   */
  public Violation(
      String operation,
      String target,
      long pid,
      String executable,
      Reason reason,
      Certainty certainty) {
    this(operation, target, pid, executable, reason, certainty, 0);
  }

  /**
   * The same of a command.
   *
   * @param number the command's number
   * @return the changed copy
   */
  public Violation ofCommand(long number) {
    return new Violation(operation, target, pid, executable, reason, certainty, number);
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
            + rule()
            + ", certainty="
            + certainty
            + ", command="
            + command
            + "]");
  }
}
