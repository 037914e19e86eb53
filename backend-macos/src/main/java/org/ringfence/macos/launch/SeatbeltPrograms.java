package org.ringfence.macos.launch;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.ringfence.SandboxException;
import org.ringfence.plan.Availability;

/**
 * The system's programs, by their absolute paths: a command may have put others on the path.
 *
 * @param sandboxExec the program that applies a profile, with arguments to put before its own
 * @param log the program that prints the system's log
 */
public record SeatbeltPrograms(List<String> sandboxExec, String log) {
  private static final int SECONDS = 30;

  /** The statement in each plan that the suite has not yet passed on a Mac. */
  private static final String VERIFIED =
      "by an evaluator of the profile alone, not on a Mac: run ringfence verify";

  /** Those of macOS. */
  public static final SeatbeltPrograms OF_SYSTEM =
      new SeatbeltPrograms(List.of("/usr/bin/sandbox-exec"), "/usr/bin/log");

  /** Copies the list. */
  public SeatbeltPrograms {
    sandboxExec = List.copyOf(sandboxExec);
  }

  /**
   * Finds out whether commands can be confined, by confining one.
   *
   * @return the result
   */
  public Availability probe() {
    if (!Files.isExecutable(Path.of(sandboxExec.get(0)))) {
      return Availability.unavailable(sandboxExec.get(0) + " is not there", "macOS 12 or later");
    }
    List<String> words = new ArrayList<>(sandboxExec);
    words.addAll(List.of("-p", "(version 1)(allow default)", "/usr/bin/true"));
    try {
      String said = tried(words, SECONDS);
      if (said.isEmpty()) {
        return Availability.available(
            Map.of(
                "sandbox-exec",
                sandboxExec.get(0),
                "macOS",
                System.getProperty("os.version"),
                "verified",
                VERIFIED));
      }
      return said.contains("Operation not permitted")
          ? Availability.unavailable(
              "this process is in a sandbox already, and Seatbelt does not nest: " + said,
              "a terminal outside it; or, inside another Ringfence, commands without a sandbox of"
                  + " their own")
          : Availability.unavailable("sandbox-exec fails: " + said, "");
    } catch (SandboxException e) {
      return Availability.unavailable(e.getMessage(), "");
    }
  }

  /** Runs a program and returns its standard error. */
  String tried(List<String> words, int seconds) throws SandboxException {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(words)
              .redirectInput(Redirect.from(new java.io.File("/dev/null")))
              .redirectOutput(Redirect.DISCARD);
      builder.environment().clear();
      Process process = builder.start();
      try (InputStream error = process.getErrorStream()) {
        String said = new String(error.readAllBytes(), StandardCharsets.UTF_8).strip();
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
          throw new SandboxException("sandbox-exec does not end in " + seconds + " s");
        }
        return said.isEmpty() && process.exitValue() != 0
            ? "exit code " + process.exitValue()
            : said;
      } finally {
        process.destroyForcibly();
      }
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("sandbox-exec: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while sandbox-exec was tried", e);
    }
  }
}
