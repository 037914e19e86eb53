package org.ringfence;

import java.util.List;
import java.util.Objects;
import org.ringfence.event.Violation;

/**
 * What came of a command that has ended.
 *
 * @param command the program and its arguments
 * @param exitCode the exit status, or 128 + the signal that ended it
 * @param stdout what it wrote to standard output; empty where that was redirected
 * @param stderr what it wrote to standard error; empty where that was redirected or merged
 * @param ending how it ended
 * @param denials what the sandbox denied this command, in the order in which it happened; see
 *     {@link Sandbox.Opener#onDenied} for denials that have to be asked for
 * @param denialsLeftOut how many more there were: the list is bounded
 * @param usage what it used
 */
public record Result(
    List<String> command,
    int exitCode,
    CapturedOutput stdout,
    CapturedOutput stderr,
    Ending ending,
    List<Violation> denials,
    long denialsLeftOut,
    Usage usage) {
  /** Copies the lists and checks that no part is null. */
  public Result {
    command = List.copyOf(command);
    Objects.requireNonNull(stdout, "stdout");
    Objects.requireNonNull(stderr, "stderr");
    Objects.requireNonNull(ending, "ending");
    denials = List.copyOf(denials);
    Objects.requireNonNull(usage, "usage");
  }

  /**
   * Whether the command exited with status 0.
   *
   * @return true if it did
   */
  public boolean succeeded() {
    return ending instanceof Ending.Exited exited && exited.status() == 0;
  }

  /**
   * Demands success.
   *
   * @return this result
   * @throws CommandFailedException if the command did not exit with status 0; its message has the
   *     ending, the last lines of standard error and the first denials
   */
  public Result check() throws CommandFailedException {
    if (!succeeded()) {
      throw new CommandFailedException(this);
    }
    return this;
  }
}
