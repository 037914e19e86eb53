package org.ringfence.cli.terminal;

import org.ringfence.plan.Enforcement;
import picocli.CommandLine.Help.Ansi;

/** Colours on a terminal, none elsewhere or with NO_COLOR. */
public final class Palette {
  private final Ansi ansi;

  Palette(Ansi ansi) {
    this.ansi = ansi;
  }

  /** Asks picocli, which detects a terminal, also on Java 22 and newer, and NO_COLOR. */
  public static Palette ofThisTerminal() {
    return new Palette(Ansi.AUTO);
  }

  public String level(Enforcement level) {
    String colour =
        switch (level) {
          case ENFORCED -> "green";
          case ADVISORY -> "yellow";
          case UNSUPPORTED -> "red";
        };
    return paint(colour, String.format("%-11s", level));
  }

  public String answer(boolean yes, String text) {
    return paint(yes ? "green" : "red", text);
  }

  private String paint(String colour, String text) {
    return ansi.string("@|" + colour + " " + text + "|@");
  }
}
