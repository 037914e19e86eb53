package org.ringfence.cli;

import java.io.IOException;
import picocli.CommandLine.Help.Ansi;

/** The width of what a person reads. */
final class Columns {
  /** A narrower terminal would break words apart. */
  private static final int NARROWEST = 40;

  private Columns() {}

  /**
   * Columns of the terminal that Ringfence runs in.
   *
   * @return the columns, at least {@value #NARROWEST}; 0 where text is not wrapped, since no
   *     terminal reads it
   */
  static int ofStandardError() {
    // picocli looks for a terminal, also on Java 22 and newer.
    if (!Ansi.AUTO.enabled()) {
      return 0;
    }
    try {
      return Math.max(NARROWEST, CallerTerminal.size().columns());
    } catch (IOException e) {
      return 0;
    }
  }
}
