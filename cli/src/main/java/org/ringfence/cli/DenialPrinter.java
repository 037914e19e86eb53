package org.ringfence.cli;

import java.io.PrintWriter;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.Printable;
import org.ringfence.event.SandboxListener;
import org.ringfence.event.Violation;

/** Prints a line per denial. */
final class DenialPrinter implements SandboxListener {
  private final PrintWriter out;

  DenialPrinter(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void violation(Violation violation) {
    out.println(
        "ringfence: denied "
            + violation.operation()
            + " "
            + Printable.of(violation.target())
            + " (process "
            + violation.pid()
            + "): "
            + Printable.of(violation.rule())
            + RemedyText.of(violation.remedy()));
    out.flush();
  }

  @Override
  public void dropped(DroppedEvents dropped) {
    if (dropped.violations() > 0) {
      out.println("ringfence: denied " + dropped.violations() + " more, too fast to be shown");
      out.flush();
    }
  }
}
