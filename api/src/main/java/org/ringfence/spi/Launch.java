package org.ringfence.spi;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.ringfence.TerminalSize;
import org.ringfence.policy.Limits;

/**
 * A command that is ready to start.
 *
 * @param id the number of the command, not 0, and unique in its sandbox
 * @param command the program and its arguments, checked: not empty, without NUL
 * @param directory the working directory, checked: absolute and a directory
 * @param environment the environment of the command; see {@link CommandEnvironment#resolved}
 * @param input the source of standard input
 * @param output the destination of standard output
 * @param error the destination of standard error; not used when {@code mergeError}
 * @param mergeError whether standard error is merged into standard output
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
