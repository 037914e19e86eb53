package org.ringfence.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class VerifyProgressTest {
  private final AtomicLong now = new AtomicLong();
  private final StringWriter terminal = new StringWriter();
  private final List<String> reports = new ArrayList<>();

  private VerifyProgress progress(boolean onTerminal) {
    return new VerifyProgress(
        onTerminal ? Optional.of(new PrintWriter(terminal)) : Optional.empty(),
        Optional.of(
            report -> {
              StringBuilder text = new StringBuilder();
              report.write(text);
              reports.add(text.toString());
            }),
        now::get);
  }

  @Test
  void terminalShowsCountCaseAndTimeLeft() {
    VerifyProgress progress = progress(true);
    progress.waiting(0, 100, "FW-CREATE");
    assertThat(terminal.toString()).endsWith("0 of 100  FW-CREATE");
    now.set(Duration.ofSeconds(60).toNanos());
    progress.waiting(20, 100, "FW-RENAME");
    assertThat(terminal.toString()).endsWith("20 of 100  FW-RENAME  about 4 min left");
    progress.over();
    assertThat(terminal.toString()).endsWith("\u001b[K");
  }

  @Test
  void nothingIsShownWithoutATerminal() {
    progress(false).waiting(1, 2, "FW-CREATE");
    assertThat(terminal.toString()).isEmpty();
  }

  @Test
  void reportFileIsRewrittenAtIntervals() throws IOException {
    VerifyProgress progress = progress(false);
    progress.ended(out -> out.append("first"));
    assertThat(reports).isEmpty();
    now.set(Duration.ofSeconds(6).toNanos());
    progress.ended(out -> out.append("second"));
    progress.ended(out -> out.append("third"));
    assertThat(reports).containsExactly("second");
  }
}
