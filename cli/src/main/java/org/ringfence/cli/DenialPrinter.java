package org.ringfence.cli;

import java.io.PrintWriter;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.Violation;
import org.ringfence.text.Printable;

/** Prints one line per denial. */
final class DenialPrinter {
  private final PrintWriter out;

  DenialPrinter(PrintWriter out) {
    this.out = out;
  }

  void denied(Violation violation) {
    out.println(
        "ringfence: denied "
            + violation.operation()
            + " "
            + Printable.name(violation.target())
            + " (process "
            + violation.pid()
            + "): "
            + Printable.of(violation.rule())
            + RemedyText.of(violation.remedy()));
    out.flush();
  }

  void dropped(DroppedEvents dropped) {
    if (dropped.violations() > 0) {
      out.println("ringfence: denied " + dropped.violations() + " more, too fast to be shown");
      out.flush();
    }
  }
}
