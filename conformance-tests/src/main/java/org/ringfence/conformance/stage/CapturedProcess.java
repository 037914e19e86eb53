package org.ringfence.conformance.stage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.ringfence.policy.path.PathStyle;

/**
 * The output of a process, and its end.
 *
 * @param exit its exit value
 * @param output its standard output
 * @param error its standard error
 */
public record CapturedProcess(int exit, String output, String error) {
  private static final Patience PATIENCE = Patience.forProcesses(Duration.ofSeconds(60));
  private static final Duration LEFT_BEHIND = Duration.ofSeconds(30);

  /** Reads both streams to their end and waits. */
  public static CapturedProcess of(Process process) throws IOException, InterruptedException {
    process.getOutputStream().close();
    Reading error = new Reading(process.getErrorStream());
    Reading output = new Reading(process.getInputStream());
    long start = System.nanoTime();
    if (!PATIENCE.untilEnded(process)) {
      process.destroyForcibly();
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
      throw new IOException("the process did not end in " + seconds + " s");
    }
    return new CapturedProcess(process.exitValue(), output.text(), error.text());
  }

  /**
   * A thread per stream: a pool with one thread would read one stream to its end before the other.
   */
  public static final class Reading {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Thread thread;

    public Reading(InputStream stream) {
      thread = new Thread(() -> read(stream), "reader");
      thread.setDaemon(true);
      thread.start();
    }

    private void read(InputStream stream) {
      byte[] buffer = new byte[8192];
      try (stream) {
        for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
          bytes.write(buffer, 0, count);
        }
      } catch (IOException e) {
        bytes.writeBytes(("(" + e.getMessage() + ")").getBytes(StandardCharsets.UTF_8));
      }
    }

    /** Returns the text once no more arrives: a process left behind may go on. */
    public String text() throws InterruptedException {
      thread.join(LEFT_BEHIND.toMillis());
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }

  /**
   * Returns the probe's result: {@code OK n}, {@code DENIED ERRNO}, or how it ended without a
   * result.
   */
  public String result() {
    for (String line : output.lines().toList()) {
      if (line.startsWith("RESULT ")) {
        return line.substring("RESULT ".length());
      }
    }
    if (PathStyle.current() == PathStyle.POSIX && exit > 128 && exit < 160) {
      return "KILLED by signal " + (exit - 128);
    }
    return "FAULT exit " + exit + ": " + error.lines().limit(3).toList();
  }

  public boolean ok() {
    return result().startsWith("OK");
  }

  public boolean denied() {
    return result().startsWith("DENIED") || result().startsWith("KILLED");
  }
}
