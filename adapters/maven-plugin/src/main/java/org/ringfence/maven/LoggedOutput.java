package org.ringfence.maven;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.apache.maven.plugin.logging.Log;
import org.ringfence.text.Printable;

/** Passes the output of a command to a log, a line at a time, escaped. */
final class LoggedOutput {
  /** A longer line is cut into several. */
  static final int LONGEST_LINE = 8_192;

  /** A process that the policy lets outlive the command may hold the stream open. */
  private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(2);

  private final Thread reader;

  private LoggedOutput(Thread reader) {
    this.reader = reader;
  }

  static LoggedOutput of(InputStream output, Log log) {
    Thread reader = new Thread(() -> read(output, log), "ringfence-output");
    reader.setDaemon(true);
    reader.start();
    return new LoggedOutput(reader);
  }

  private static void read(InputStream output, Log log) {
    try (Reader in = new InputStreamReader(output, StandardCharsets.UTF_8)) {
      char[] some = new char[LONGEST_LINE];
      StringBuilder line = new StringBuilder();
      for (int count = in.read(some); count >= 0; count = in.read(some)) {
        for (int i = 0; i < count; i++) {
          boolean end = some[i] == '\n';
          if (!end) {
            line.append(some[i]);
          }
          if (end || line.length() == LONGEST_LINE) {
            log.info(text(line));
          }
        }
      }
      if (!line.isEmpty()) {
        log.info(text(line));
      }
    } catch (IOException e) {
      log.debug("the output of the command is gone", e);
    }
  }

  private static String text(StringBuilder line) {
    int length = line.length();
    if (length > 0 && line.charAt(length - 1) == '\r') {
      line.setLength(length - 1);
    }
    String text = Printable.line(line.toString());
    line.setLength(0);
    return text;
  }

  void awaitEnd() throws InterruptedException {
    reader.join(PATIENCE_MILLIS);
  }
}
