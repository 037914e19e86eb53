package org.ringfence.cli;

/** Text that a command chose, made fit for a terminal: it must not move the cursor or hide. */
final class Printable {
  private Printable() {}

  /** Puts question marks in the place of control and formatting characters. */
  static String of(String text) {
    return text.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
  }
}
