package org.ringfence.cli;

import java.io.PrintWriter;
import org.ringfence.CommandNotFoundException;
import org.ringfence.event.Printable;
import org.ringfence.plan.SandboxRefusedException;

/** How failures are told and what exit code they have. */
final class Failures {
  private Failures() {}

  /** Prints one line. */
  static void complain(PrintWriter err, Exception exception) {
    String message = exception.getMessage() == null ? exception.toString() : exception.getMessage();
    err.println("ringfence: " + Printable.of(message.lines().findFirst().orElse("")));
    err.flush();
  }

  static int exitCode(Throwable exception) {
    if (exception instanceof SandboxRefusedException) {
      return ExitCode.REFUSED;
    }
    return exception instanceof CommandNotFoundException
        ? ExitCode.NOT_FOUND
        : ExitCode.OWN_FAILURE;
  }
}
