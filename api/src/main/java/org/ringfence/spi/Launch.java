package org.ringfence.spi;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.ringfence.TerminalSize;
import org.ringfence.policy.Limits;

/**
 * A command ready to be started.
 *
 * @param id the number of the command, not 0, and of no other command of its sandbox
 * @param command the program and its arguments, checked: not empty, without NUL
 * @param directory the working directory, checked: absolute and a directory
 * @param environment the environment of the command; see {@link CommandEnvironment#resolved}
 * @param input where standard input comes from
 * @param output where standard output goes
 * @param error where standard error goes; not used when {@code mergeError}
 * @param mergeError whether standard error goes where standard output goes
 * @param limits the limits of this command
 * @param terminal the size of the pseudo-terminal that takes the place of all three streams, empty
 *     for none
 */
public record Launch(
    long id,
    List<String> command,
    Path directory,
    CommandEnvironment environment,
    Redirect input,
    Redirect output,
    Redirect error,
    boolean mergeError,
    Limits limits,
    Optional<TerminalSize> terminal) {
  /** Copies the parts. */
  public Launch {
    command = List.copyOf(command);
    Objects.requireNonNull(environment, "environment");
  }
}
