package org.ringfence.cli;

import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.ringfence.CommandNotFoundException;
import org.ringfence.event.Printable;
import org.ringfence.plan.SandboxRefusedException;

/** How failures are told and what exit code they have. */
final class Failures {
  private Failures() {}

  /** Prints one line. */
  static void complain(PrintWriter err, Exception exception) {
    String message = exception.getMessage() == null ? exception.toString() : exception.getMessage();
    err.println(
        "ringfence: " + Printable.of(message.lines().findFirst().orElse("") + reason(exception)));
    err.flush();
  }

  /** What exceptions about files say by their type alone: their message is the file. */
  private static String reason(Exception exception) {
    if (exception instanceof FileSystemException failed && failed.getReason() == null) {
      if (failed instanceof NoSuchFileException) {
        return ": there is no such file";
      }
      if (failed instanceof AccessDeniedException) {
        return ": it may not be read or written";
      }
      if (failed instanceof FileAlreadyExistsException) {
        return ": it is there already";
      }
    }
    return "";
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
