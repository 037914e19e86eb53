package org.ringfence;

import java.util.List;
import java.util.Objects;
import org.ringfence.text.Printable;

/**
 * The start or the end of a command. Each {@link Begun} is followed by one {@link NotStarted} or
 * one {@link Ended} with its number. The other events of the command are between the two.
 */
public sealed interface CommandEvent {
  /**
   * Returns the number of the command, which is also in its other events.
   *
   * @return a number above 0, unique in the sandbox
   */
  long commandId();

  /**
   * The sandbox is about to start a command.
   *
   * @param commandId the number of the command
   * @param command the program and its arguments, which may hold secrets
   */
  record Begun(long commandId, List<String> command) implements CommandEvent {
    /** Copies the list. */
    public Begun {
      command = List.copyOf(command);
    }

    /**
     * Returns the number and the program.
     *
     * @return one line, without the arguments
     */
    @Override
    public String toString() {
      return "Begun[commandId=" + commandId + ", program=" + Printable.of(command.get(0)) + "]";
    }
  }

  /**
   * The command could not be started.
   *
   * @param commandId the number of the command
   * @param cause what the caller gets
   */
  record NotStarted(long commandId, Throwable cause) implements CommandEvent {
    /** Checks that no part is null. */
    public NotStarted {
      Objects.requireNonNull(cause, "cause");
    }
  }

  /**
   * The command has ended.
   *
   * @param commandId the number of the command
   * @param exitCode the exit status, or 128 + the signal that ended it
   * @param ending how it ended
   * @param usage its usage
   */
  record Ended(long commandId, int exitCode, Ending ending, Usage usage) implements CommandEvent {
    /** Checks that no part is null. */
    public Ended {
      Objects.requireNonNull(ending, "ending");
      Objects.requireNonNull(usage, "usage");
    }
  }
}
