package org.ringfence.event;

import java.util.Objects;
import java.util.Set;
import org.ringfence.policy.Reason;
import org.ringfence.text.Printable;

/**
 * An operation that the sandbox denied.
 *
 * @param operation the attempt: the system call or the kind of access
 * @param target the path or address of the attempt
 * @param pid the process that tried it
 * @param executable the program that the process runs; empty when it is unknown
 * @param reason the reason of the decision
 * @param certainty the certainty of the denial
 * @param command the number of the command, as in {@link
 *     org.ringfence.SandboxedProcess#commandId()}; 0 when it is unknown
 */
public record Violation(
    String operation,
    String target,
    long pid,
    String executable,
    Reason reason,
    Certainty certainty,
    long command) {
  /** Operations that add or remove names, which need a right on the directory. */
  private static final Set<String> CHANGES_NAMES =
      Set.of(
          "create",
          "mkdir",
          "mkdirat",
          "mknod",
          "mknodat",
          "symlink",
          "symlinkat",
          "link",
          "linkat",
          "rename",
          "renameat",
          "renameat2",
          "unlink",
          "unlinkat",
          "rmdir",
          "bind",
          "file-write-create",
          "file-write-unlink");

  /** The certainty of a reported denial. */
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
   * Returns the rule that decided, in the words of the policy.
   *
   * @return the text of the reason
   */
  public String rule() {
    return reason.text();
  }

  /**
   * Returns whether the operation adds or removes a name, which needs a right on the directory.
   *
   * @return whether a grant of the path alone would not allow it
   */
  public boolean changesNames() {
    return CHANGES_NAMES.contains(operation);
  }

  /**
   * Returns a policy addition that would allow it. Looks at the path on this machine now; for many
   * denials use {@link Remedies}.
   *
   * @return the addition, or the reason why there is none
   */
  public Remedy remedy() {
    return Remedies.ofThisMachine().of(this);
  }

  /**
   * Creates an instance without a command number.
   *
   * @param operation the attempt: the system call or the kind of access
   * @param target the path or address of the attempt
   * @param pid the process that tried it
   * @param executable the program that the process runs; empty when it is unknown
   * @param reason the reason of the decision
   * @param certainty the certainty of the denial
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
   * Returns a copy with a command number.
   *
   * @param number the command's number
   * @return the changed copy
   */
  public Violation ofCommand(long number) {
    return new Violation(operation, target, pid, executable, reason, certainty, number);
  }

  /**
   * Returns the parts, with escapes in text that the command chose.
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
