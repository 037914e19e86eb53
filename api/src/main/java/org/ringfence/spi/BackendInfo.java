package org.ringfence.spi;

import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.ringfence.plan.Preference;

/**
 * The description of a backend. The choice of backends, {@code ringfence doctor} and
 * docs/choosing.md take their lists from it. Immutable.
 *
 * @param id the word by which users select the backend: lower-case letters, digits and hyphens
 * @param aliases other words that select it
 * @param system the system that it is made for
 * @param cost the relative cost of a launch, above 0: of two backends that enforce the same,
 *     Ringfence takes the cheaper
 * @param workCost the same for callers that prefer fast work to soon starts
 * @param description a description in one sentence
 * @param suitability how well it fits each workload; a workload that is not named does not fit
 */
public record BackendInfo(
    String id,
    Set<String> aliases,
    HostSystem system,
    int cost,
    int workCost,
    String description,
    Map<Workload, Suitability> suitability) {
  private static final Pattern WORD = Pattern.compile("[a-z][a-z0-9-]*");

  /** How well a backend fits a workload, beside other backends of its system. */
  public enum Fit {
    /** The first choice. */
    BEST,
    /** The next choice, where the best cannot run. */
    GOOD,
    /** The choice where nothing else can run. */
    FALLBACK
  }

  /**
   * Why a backend fits a workload.
   *
   * @param fit how well
   * @param reason why, in a few words
   */
  public record Suitability(Fit fit, String reason) {
    /** Checks the parts. */
    public Suitability {
      Objects.requireNonNull(fit, "fit");
      Objects.requireNonNull(reason, "reason");
    }
  }

  /**
   * Copies and checks the parts.
   *
   * @throws IllegalArgumentException if the id or an alias is no such word, or the cost is not
   *     above 0
   */
  public BackendInfo {
    Objects.requireNonNull(system, "system");
    Objects.requireNonNull(description, "description");
    aliases = Set.copyOf(aliases);
    Map<Workload, Suitability> fits = new EnumMap<>(Workload.class);
    fits.putAll(suitability);
    suitability = Collections.unmodifiableMap(fits);
    check(id);
    aliases.forEach(BackendInfo::check);
    checkCost(cost);
    checkCost(workCost);
  }

  private static void checkCost(int cost) {
    if (cost <= 0) {
      throw new IllegalArgumentException("cost: " + cost + " is not above 0");
    }
  }

  private static void check(String word) {
    if (!WORD.matcher(word).matches()) {
      throw new IllegalArgumentException(
          "backend: '" + word + "' is not valid; use lower-case letters, digits and hyphens");
    }
  }

  /**
   * Creates a description without aliases that fits no workload.
   *
   * @param id the word by which users select the backend
   * @param system the system that it is made for
   * @param cost the relative cost of a launch, above 0
   * @param description a description in one sentence
   * @return the description
   * @throws IllegalArgumentException if the id is no such word, or the cost is not above 0
   */
  public static BackendInfo of(String id, HostSystem system, int cost, String description) {
    return new BackendInfo(id, Set.of(), system, cost, cost, description, Map.of());
  }

  /**
   * Returns this description with another word that selects the backend.
   *
   * @param word the word
   * @return the description
   * @throws IllegalArgumentException if it is no such word
   */
  public BackendInfo alias(String word) {
    Set<String> all = new TreeSet<>(aliases);
    all.add(word);
    return new BackendInfo(id, all, system, cost, workCost, description, suitability);
  }

  /**
   * Returns this description with another cost for callers that prefer fast work.
   *
   * @param relative the relative cost, above 0, on the scale of the launches
   * @return the description
   * @throws IllegalArgumentException if the cost is not above 0
   */
  public BackendInfo atWork(int relative) {
    return new BackendInfo(id, aliases, system, cost, relative, description, suitability);
  }

  /**
   * Returns the cost that a preference compares.
   *
   * @param preference the preference
   * @return the relative cost, above 0
   */
  public int cost(Preference preference) {
    return preference == Preference.WORK ? workCost : cost;
  }

  /**
   * Returns this description with the suitability for a workload.
   *
   * @param workload the workload
   * @param fit how well the backend fits
   * @param reason why, in a few words
   * @return the description
   */
  public BackendInfo fits(Workload workload, Fit fit, String reason) {
    Map<Workload, Suitability> all = new HashMap<>(suitability);
    all.put(workload, new Suitability(fit, reason));
    return new BackendInfo(id, aliases, system, cost, workCost, description, all);
  }

  /**
   * Returns whether a word selects the backend.
   *
   * @param word the word
   * @return true for the id and for each alias
   */
  public boolean isNamed(String word) {
    return id.equals(word) || aliases.contains(word);
  }

  /**
   * Returns how well the backend fits a workload.
   *
   * @param workload the workload
   * @return the suitability; empty if it does not fit
   */
  public Optional<Suitability> suitability(Workload workload) {
    return Optional.ofNullable(suitability.get(workload));
  }

  /**
   * Returns the order of backends that fit a workload: the better fit first, then the cheaper.
   *
   * @param workload the workload
   * @return an order of backends that fit; it throws {@link java.util.NoSuchElementException} for
   *     others
   */
  public static Comparator<BackendInfo> bestFor(Workload workload) {
    return Comparator.comparing(
            (BackendInfo info) -> info.suitability(workload).orElseThrow().fit())
        .thenComparingInt(BackendInfo::cost)
        .thenComparing(BackendInfo::id);
  }
}
