package org.ringfence.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a process printed and how it ended.
 *
 * @param exit its exit value
 * @param output its standard output
 * @param error its standard error
 */
record Execution(int exit, String output, String error) {
  private static final long PATIENCE_SECONDS = 60;

  /** Reads both streams to their end and waits. */
  static Execution of(Process process) throws IOException, InterruptedException {
    process.getOutputStream().close();
    CompletableFuture<String> error = reading(process.getErrorStream());
    CompletableFuture<String> output = reading(process.getInputStream());
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("the process did not end in " + PATIENCE_SECONDS + " s");
    }
    return new Execution(process.exitValue(), output.join(), error.join());
  }

  /** A thread per stream: a pool with one thread would read one to its end before the other. */
  static CompletableFuture<String> reading(InputStream stream) {
    CompletableFuture<String> read = new CompletableFuture<>();
    Thread thread = new Thread(() -> read.complete(text(stream)), "reader");
    thread.setDaemon(true);
    thread.start();
    return read;
  }

  private static String text(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(" + e.getMessage() + ")";
    }
  }

  /** What the probe said: {@code OK n}, {@code DENIED ERRNO}, or how it ended without saying. */
  String result() {
    for (String line : output.split("\n")) {
      if (line.startsWith("RESULT ")) {
        return line.substring("RESULT ".length());
      }
    }
    if (exit > 128 && exit < 160) {
      return "KILLED by signal " + (exit - 128);
    }
    return "FAULT exit " + exit + ": " + error.lines().limit(3).toList();
  }

  boolean ok() {
    return result().startsWith("OK");
  }

  boolean denied() {
    return result().startsWith("DENIED") || result().startsWith("KILLED");
  }
}
