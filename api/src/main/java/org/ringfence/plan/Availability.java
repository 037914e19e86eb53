package org.ringfence.plan;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether a backend can run here, as tried.
 *
 * @param usable whether it can
 * @param reasons the reasons why not, or its limits
 * @param remedies possible remedies
 * @param facts the facts by name: kernel version, Landlock ABI and the like
 */
public record Availability(
    boolean usable, List<String> reasons, List<String> remedies, Map<String, String> facts) {

  /** Copies the parts. */
  public Availability {
    reasons = List.copyOf(reasons);
    remedies = List.copyOf(remedies);
    facts = java.util.Collections.unmodifiableMap(new TreeMap<>(facts));
  }

  /**
   * Returns the availability of a backend that can run.
   *
   * @param facts the facts
   * @return the availability
   */
  public static Availability available(Map<String, String> facts) {
    return new Availability(true, List.of(), List.of(), facts);
  }

  /**
   * Returns the availability of a backend that cannot run.
   *
   * @param reason the reason
   * @param remedy the remedy; may be empty
   * @return the availability
   */
  public static Availability unavailable(String reason, String remedy) {
    return new Availability(
        false, List.of(reason), remedy.isEmpty() ? List.of() : List.of(remedy), Map.of());
  }
}
