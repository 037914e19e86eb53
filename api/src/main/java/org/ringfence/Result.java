package org.ringfence;

import java.util.List;
import java.util.Objects;
import org.ringfence.event.Violation;
import org.ringfence.text.Printable;

/**
 * The result of an ended command.
 *
 * @param command the program and its arguments
 * @param exitCode the exit status, or 128 + the signal that ended it
 * @param stdout its standard output; empty if redirected
 * @param stderr its standard error; empty if redirected or merged
 * @param ending how it ended
 * @param denials the sandbox's denials for this command, in order; {@link
 *     Sandbox.Opener#completeDenials()} adds denials that cost time to observe
 * @param denialsLeftOut the number of further denials: the list is bounded
 * @param usage its usage
 * @param commandId the number of the command, which is also in its events
 */
public record Result(
    List<String> command,
    int exitCode,
    CapturedOutput stdout,
    CapturedOutput stderr,
    Ending ending,
    List<Violation> denials,
    long denialsLeftOut,
    Usage usage,
    long commandId) {
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
   * Returns whether the command exited with status 0.
   *
   * @return true if it did
   */
  public boolean succeeded() {
    return ending instanceof Ending.Exited exited && exited.status() == 0;
  }

  /**
   * Returns this result if the command succeeded.
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

  /**
   * Returns a description for a log.
   *
   * @return one line with the program, without its arguments, and with the lengths of the output
   */
  @Override
  public String toString() {
    return "Result[%s, exitCode=%d, ending=%s, stdout=%d bytes, stderr=%d bytes, denials=%d, usage=%s]"
        .formatted(
            command.isEmpty() ? "" : Printable.of(command.get(0)),
            exitCode,
            ending,
            stdout.written(),
            stderr.written(),
            denials.size() + denialsLeftOut,
            usage);
  }
}
