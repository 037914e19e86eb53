package org.ringfence.cli;

/** The width of what a person reads. */
final class Columns {
  private static final int USUAL = 80;
  private static final int WIDEST = 1000;

  private Columns() {}

  /**
   * Columns of the terminal that standard error is written to.
   *
   * @return the columns; 0 when it is no terminal
   */
  static int ofStandardError() {
    return 0;
  }
}
