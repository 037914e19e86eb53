package org.ringfence.cli.terminal;

import picocli.CommandLine.Help.Ansi;

/** The width of output for a person. */
public final class Columns {
  /** A narrower terminal would break words apart. */
  private static final int NARROWEST = 40;

  private Columns() {}

  /**
   * Returns whether a terminal shows the output. Java 22 and newer have a console without a
   * terminal, and picocli takes every Windows for one.
   */
  public static boolean onTerminal() {
    return System.console() != null && Ansi.AUTO.enabled();
  }

  /**
   * Returns the columns of the terminal that Ringfence runs in.
   *
   * @return the columns, at least {@value #NARROWEST}; 0 where no terminal shows the text, which is
   *     then not wrapped
   */
  public static int ofStandardError() {
    int columns = onTerminal() ? CallerTerminal.columnsOfStandardError() : 0;
    return columns == 0 ? 0 : Math.max(NARROWEST, columns);
  }
}
