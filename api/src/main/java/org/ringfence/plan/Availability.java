package org.ringfence.plan;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether a backend can run here, found by trying.
 *
 * @param usable whether it can
 * @param reasons why not, or what limits it
 * @param remedies what would help
 * @param facts what was found, by name: kernel version, Landlock ABI and the like
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
   * A backend that can run.
   *
   * @param facts what was found
   * @return the availability
   */
  public static Availability available(Map<String, String> facts) {
    return new Availability(true, List.of(), List.of(), facts);
  }

  /**
   * A backend that cannot run.
   *
   * @param reason why not
   * @param remedy what would help; may be empty
   * @return the availability
   */
  public static Availability unavailable(String reason, String remedy) {
    return new Availability(
        false, List.of(reason), remedy.isEmpty() ? List.of() : List.of(remedy), Map.of());
  }
}
