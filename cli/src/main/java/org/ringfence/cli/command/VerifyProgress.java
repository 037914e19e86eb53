package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.ringfence.spi.Verification;

/**
 * Shows the progress of {@code verify} on a terminal, and keeps the report file up to date. Used by
 * one thread.
 */
final class VerifyProgress implements Verification.Progress {
  /** Receives the partial report. */
  @FunctionalInterface
  interface ReportFile {
    void write(Verification.PartialReport report) throws IOException;
  }

  /**
   * The interval of reports: rewriting the file after each case would cost more than most cases.
   */
  private static final long BETWEEN_REPORTS = Duration.ofSeconds(5).toNanos();

  /** The cases needed to estimate the time left. */
  private static final int ENOUGH_TO_ESTIMATE = 10;

  private static final String ERASE_LINE = "\r\u001b[K";

  private final Optional<PrintWriter> terminal;
  private final Optional<ReportFile> file;
  private final LongSupplier clock;
  private final long start;
  private long lastReport;

  /**
   * Starts the clock.
   *
   * @param terminal the output of the progress line; empty without a terminal
   * @param file the report file; empty without one
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  VerifyProgress(Optional<PrintWriter> terminal, Optional<ReportFile> file, LongSupplier clock) {
    this.terminal = terminal;
    this.file = file;
    this.clock = clock;
    this.start = clock.getAsLong();
    this.lastReport = start;
  }

  @Override
  public void waiting(int done, int all, String id) {
    terminal.ifPresent(
        out -> {
          out.print(ERASE_LINE + done + " of " + all + "  " + id + left(done, all));
          out.flush();
        });
  }

  private String left(int done, int all) {
    if (done < ENOUGH_TO_ESTIMATE) {
      return "";
    }
    long seconds = Duration.ofNanos((clock.getAsLong() - start) / done * (all - done)).toSeconds();
    return "  about " + (seconds < 60 ? seconds + " s" : (seconds + 30) / 60 + " min") + " left";
  }

  @Override
  public void ended(Verification.PartialReport report) throws IOException {
    if (file.isPresent() && clock.getAsLong() - lastReport >= BETWEEN_REPORTS) {
      file.get().write(report);
      lastReport = clock.getAsLong();
    }
  }

  /** Erases the progress line. */
  void over() {
    terminal.ifPresent(
        out -> {
          out.print(ERASE_LINE);
          out.flush();
        });
  }
}
