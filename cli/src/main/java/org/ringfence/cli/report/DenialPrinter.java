package org.ringfence.cli.report;

import java.io.PrintWriter;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.Violation;
import org.ringfence.text.Printable;

/** Prints one line per denial. */
public final class DenialPrinter {
  private final PrintWriter out;

  public DenialPrinter(PrintWriter out) {
    this.out = out;
  }

  public void denied(Violation violation) {
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

  public void dropped(DroppedEvents dropped) {
    if (dropped.violations() > 0) {
      out.println("ringfence: denied " + dropped.violations() + " more, too fast to be shown");
      out.flush();
    }
  }
}
