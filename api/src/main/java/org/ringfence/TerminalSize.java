package org.ringfence;

/**
 * The size of a terminal.
 *
 * @param rows lines of text, 1 to 65535
 * @param columns characters in a line, 1 to 65535
 */
public record TerminalSize(int rows, int columns) {
  /** The default size of a terminal. */
  public static final TerminalSize USUAL = new TerminalSize(24, 80);

  private static final int LARGEST = 65_535;

  /**
   * Checks both numbers.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public TerminalSize {
    if (rows < 1 || rows > LARGEST || columns < 1 || columns > LARGEST) {
      throw new IllegalArgumentException(
          "terminal size: " + rows + "x" + columns + "; use 1 to 65535 rows and columns");
    }
  }
}
