package org.ringfence.cli;

import picocli.CommandLine.Help.Ansi;

/** The width of what a person reads. */
final class Columns {
  /** A narrower terminal would break words apart. */
  private static final int NARROWEST = 40;

  private Columns() {}

  /**
   * Whether a person reads. Java 22 and newer have a console without a terminal, and picocli takes
   * every Windows for one.
   */
  static boolean onTerminal() {
    return System.console() != null && Ansi.AUTO.enabled();
  }

  /**
   * Columns of the terminal that Ringfence runs in.
   *
   * @return the columns, at least {@value #NARROWEST}; 0 where text is not wrapped, since no
   *     terminal reads it
   */
  static int ofStandardError() {
    int columns = onTerminal() ? CallerTerminal.columnsOfStandardError() : 0;
    return columns == 0 ? 0 : Math.max(NARROWEST, columns);
  }
}
