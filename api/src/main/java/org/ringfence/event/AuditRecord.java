package org.ringfence.event;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * One execution of a program by a process of the tree.
 *
 * <p>What is recorded is what the process asked for when its call was held. Another thread of it
 * can change path and arguments in memory after that; a record is a record, not a decision.
 *
 * @param pid the process, in the numbering of this JVM
 * @param parent its parent
 * @param path the program, as it was named
 * @param arguments its name and arguments as they are; they may hold secrets
 * @param directory the working directory
 * @param start when it was executed
 * @param end when it ended, or executed another program in its place
 * @param exit the exit status, 128 + the signal that ended it; empty when it could not be learned,
 *     as of a process whose program replaced itself or failed to start
 * @param command the number of the command, which {@link
 *     org.ringfence.SandboxedProcess#commandId()} says too; 0 when it is not known
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
   * One whose command is not known.
   *
   * @param pid the process, in the numbering of this JVM
   * @param parent its parent
   * @param path the program, as it was named
   * @param arguments its name and arguments as they are; they may hold secrets
   * @param directory the working directory
   * @param start when it was executed
   * @param end when it ended, or executed another program in its place
   * @param exit the exit status, 128 + the signal that ended it; empty when it could not be
   *     learned, as of a process whose program replaced itself or failed to start
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
   * The same of a command.
   *
   * @param number the command's number
   * @return the changed copy
   */
  public AuditRecord ofCommand(long number) {
    return new AuditRecord(pid, parent, path, arguments, directory, start, end, exit, number);
  }

  /**
   * The parts, what a command chose among them escaped.
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
