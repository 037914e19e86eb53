package org.ringfence.policy;

import java.util.List;
import java.util.Objects;

/**
 * What to do about guarantees that a machine cannot enforce.
 *
 * @param mode whether all guarantees must be enforced
 * @param bestEffort guarantees, by id or by prefix ({@code limits}), that may be weaker although
 *     the mode is strict
 */
public record Strictness(Mode mode, List<String> bestEffort) {
  /** How guarantees that are not enforced are taken. */
  public enum Mode {
    /** A guarantee that is not enforced refuses the launch. */
    STRICT,
    /** Every guarantee may be weaker than asked. */
    BEST_EFFORT
  }

  /** Strict, without exceptions. */
  public static final Strictness STRICT = new Strictness(Mode.STRICT, List.of());

  /** Copies the list. */
  public Strictness {
    Objects.requireNonNull(mode, "mode");
    bestEffort = List.copyOf(bestEffort);
  }

  /**
   * Says whether the caller accepts that a guarantee is not enforced.
   *
   * @param guarantee the guarantee's id
   * @return true if a weaker level is accepted
   */
  public boolean accepts(String guarantee) {
    if (mode == Mode.BEST_EFFORT) {
      return true;
    }
    for (String prefix : bestEffort) {
      if (guarantee.equals(prefix) || guarantee.startsWith(prefix + ".")) {
        return true;
      }
    }
    return false;
  }
}
