package org.ringfence.cli.terminal;

import java.util.ArrayList;
import java.util.List;

/** Breaks a message into lines that fit a terminal. */
public final class Paragraph {
  private static final int NARROWEST = 40;
  private static final String INDENT = "  ";

  private Paragraph() {}

  /**
   * Breaks a text at its blanks.
   *
   * @param text one line
   * @param width the terminal's columns; 0 where no terminal is, for one line
   * @return the lines; those after the first are indented
   */
  public static List<String> of(String text, int width) {
    if (width <= 0 || text.length() <= width) {
      return List.of(text);
    }
    int most = Math.max(NARROWEST, width);
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      int blank = line.isEmpty() || line.toString().isBlank() ? 0 : 1;
      if (blank > 0 && line.length() + blank + word.length() > most) {
        lines.add(line.toString());
        line = new StringBuilder(INDENT);
        blank = 0;
      }
      line.append(blank > 0 ? " " : "").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
