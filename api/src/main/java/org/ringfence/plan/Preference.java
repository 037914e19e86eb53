package org.ringfence.plan;

/**
 * The figure that decides between backends that enforce the same. docs/performance.md has what was
 * measured.
 */
public enum Preference {
  /** Commands start soon: for many short commands. */
  LAUNCH("launch"),
  /** Commands work fast once they run: for builds, and for anything that reads many files. */
  WORK("work");

  private final String word;

  Preference(String word) {
    this.word = word;
  }

  /**
   * Returns the word for it on the command line.
   *
   * @return the word
   */
  public String word() {
    return word;
  }
}
