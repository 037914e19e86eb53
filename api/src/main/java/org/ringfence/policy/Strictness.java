package org.ringfence.policy;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * What to do about guarantees that a machine cannot enforce.
 *
 * @param mode whether all guarantees must be enforced
 * @param weaker guarantees that may be weaker although the mode is strict
 */
public record Strictness(Mode mode, Set<Guarantee> weaker) {
  /** How guarantees that are not enforced are taken. */
  public enum Mode {
    /** A guarantee that is not enforced refuses the launch. */
    STRICT,
    /** Every guarantee may be weaker than asked. */
    BEST_EFFORT
  }

  /** Strict, without exceptions. */
  public static final Strictness STRICT = new Strictness(Mode.STRICT, Set.of());

  /** Copies the set. */
  public Strictness {
    Objects.requireNonNull(mode, "mode");
    Set<Guarantee> copy = EnumSet.noneOf(Guarantee.class);
    copy.addAll(weaker);
    weaker = Collections.unmodifiableSet(copy);
  }

  /**
   * Says whether the caller accepts that a guarantee is not enforced.
   *
   * @param guarantee the guarantee
   * @return true if a weaker level is accepted
   */
  public boolean accepts(Guarantee guarantee) {
    return mode == Mode.BEST_EFFORT || weaker.contains(guarantee);
  }
}
