package org.ringfence.cli.imports;

/**
 * A part of another sandbox's settings that the policy does not say exactly.
 *
 * @param field the setting
 * @param why the difference, in a clause
 * @param effect how the policy differs
 */
public record Unsaid(String field, String why, Effect effect) {
  /** How the policy differs from the settings. */
  public enum Effect {
    /** It grants the same. */
    NONE("without effect on access"),
    /** It grants less. */
    STRICTER("stricter here"),
    /** It grants more, or may do so. */
    WEAKER("not held here");

    private final String text;

    Effect(String text) {
      this.text = text;
    }
  }

  /** Returns the part in one line. */
  public String text() {
    return field + ": " + why + " (" + effect.text + ")";
  }
}
