package org.ringfence.event;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.ringfence.text.Printable;

/**
 * One execution of a program by a process of the tree.
 *
 * <p>The record has the arguments of the process's call when it was held. Another thread of the
 * process can change path and arguments in memory afterwards; a record is not a decision.
 *
 * @param pid the process, in the numbering of this JVM
 * @param parent its parent
 * @param path the program, as it was named
 * @param arguments its name and arguments, unmasked; they may hold secrets
 * @param directory the working directory
 * @param start when it was executed
 * @param end when it ended, or executed another program in its place
 * @param exit the exit status, 128 + the signal that ended it; empty when it is unknown, as for a
 *     process whose program replaced itself or failed to start
 * @param command the number of the command, as in {@link
 *     org.ringfence.SandboxedProcess#commandId()}; 0 when it is unknown
 */
public record AuditRecord(
    long pid,
    long parent,
    String path,
    List<String> arguments,
    String directory,
    Instant start,
    Instant end,
    OptionalInt exit,
    long command) {
  /** Copies the arguments and checks that no part is null. */
  public AuditRecord {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(directory, "directory");
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(end, "end");
    Objects.requireNonNull(exit, "exit");
    arguments = List.copyOf(arguments);
  }

  /**
   * Creates an instance without a command number.
   *
   * @param pid the process, in the numbering of this JVM
   * @param parent its parent
   * @param path the program, as it was named
   * @param arguments its name and arguments, unmasked; they may hold secrets
   * @param directory the working directory
   * @param start when it was executed
   * @param end when it ended, or executed another program in its place
   * @param exit the exit status, 128 + the signal that ended it; empty when it is unknown, as for a
   *     process whose program replaced itself or failed to start
   */
  public AuditRecord(
      long pid,
      long parent,
      String path,
      List<String> arguments,
      String directory,
      Instant start,
      Instant end,
      OptionalInt exit) {
    this(pid, parent, path, arguments, directory, start, end, exit, 0);
  }

  /**
   * Returns a copy with a command number.
   *
   * @param number the command's number
   * @return the changed copy
   */
  public AuditRecord ofCommand(long number) {
    return new AuditRecord(pid, parent, path, arguments, directory, start, end, exit, number);
  }

  /**
   * Returns the parts, with escapes in text that the command chose.
   *
   * @return one line
   */
  @Override
  public String toString() {
    return Printable.of(
        "AuditRecord["
            + "pid="
            + pid
            + ", parent="
            + parent
            + ", path="
            + path
            + ", arguments="
            + arguments
            + ", directory="
            + directory
            + ", start="
            + start
            + ", end="
            + end
            + ", exit="
            + exit
            + ", command="
            + command
            + "]");
  }
}
