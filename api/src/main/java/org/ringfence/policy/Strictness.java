package org.ringfence.policy;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * The treatment of guarantees that a machine cannot enforce.
 *
 * @param mode whether all guarantees must be enforced
 * @param weaker guarantees that may be weaker although the mode is strict
 */
public record Strictness(Mode mode, Set<Guarantee> weaker) {
  /** The treatment of unenforced guarantees. */
  public enum Mode {
    /** Ringfence refuses the launch if a guarantee is not enforced. */
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
   * Returns whether the caller accepts an unenforced guarantee.
   *
   * @param guarantee the guarantee
   * @return true if a weaker level is accepted
   */
  public boolean accepts(Guarantee guarantee) {
    return mode == Mode.BEST_EFFORT || weaker.contains(guarantee);
  }
}
