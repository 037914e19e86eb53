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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.SandboxException;
import org.ringfence.plan.Availability;

/**
 * The system's programs, by their absolute paths: a command may have put others on the path.
 *
 * @param shell the shell that sets limits before it becomes {@code sandboxExec}
 * @param sandboxExec the program that applies a profile, with arguments to put before its own
 * @param log the program that prints the system's log
 * @param version the program that prints the version and the build of the system
 */
public record SeatbeltPrograms(String shell, List<String> sandboxExec, String log, String version) {
  private static final int SECONDS = 30;

  /** Those of macOS. */
  public static final SeatbeltPrograms OF_SYSTEM =
      new SeatbeltPrograms(
          "/bin/sh", List.of("/usr/bin/sandbox-exec"), "/usr/bin/log", "/usr/bin/sw_vers");

  // sw_vers(1)
  private static final Pattern VERSION = Pattern.compile("(?m)^ProductVersion:\\s+(\\S+)$");
  private static final Pattern BUILD = Pattern.compile("(?m)^BuildVersion:\\s+(\\S+)$");

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
            Map.of("sandbox-exec", sandboxExec.get(0), "macOS", System.getProperty("os.version")));
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

  /**
   * Returns the build of macOS, which changes with each update.
   *
   * @return one line, such as {@code macOS 15.5 (24F74) aarch64}
   * @throws SandboxException if the program does not say it
   */
  public String build() throws SandboxException {
    String said = run(List.of(version), SECONDS, true);
    Matcher product = VERSION.matcher(said);
    Matcher build = BUILD.matcher(said);
    if (!product.find() || !build.find()) {
      throw new SandboxException(version + " does not tell the build of this system: " + said);
    }
    return "macOS "
        + product.group(1)
        + " ("
        + build.group(1)
        + ") "
        + System.getProperty("os.arch");
  }

  /** Runs a program and returns its standard error. */
  String tried(List<String> words, int seconds) throws SandboxException {
    return run(words, seconds, false);
  }

  private static String run(List<String> words, int seconds, boolean output)
      throws SandboxException {
    String program = Path.of(words.get(0)).getFileName().toString();
    try {
      ProcessBuilder builder =
          new ProcessBuilder(words)
              .redirectInput(Redirect.from(new java.io.File("/dev/null")))
              .redirectOutput(output ? Redirect.PIPE : Redirect.DISCARD)
              .redirectError(output ? Redirect.DISCARD : Redirect.PIPE);
      builder.environment().clear();
      Process process = builder.start();
      try (InputStream stream = output ? process.getInputStream() : process.getErrorStream()) {
        String said = new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
          throw new SandboxException(program + " does not end in " + seconds + " s");
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
      throw new SandboxException(program + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while " + program + " ran", e);
    }
  }
}
