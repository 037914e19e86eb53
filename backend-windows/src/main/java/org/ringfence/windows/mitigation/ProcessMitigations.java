package org.ringfence.windows.mitigation;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The mitigations of all commands of a sandbox.
 *
 * @param closed the parts of Windows that a command is made without
 */
public record ProcessMitigations(Set<ProcessMitigation> closed) {
  /** The system property: words after commas, which come on top of the usual, or {@code none}. */
  public static final String PROPERTY = "ringfence.windows.mitigations";

  /** No mitigation. */
  public static final ProcessMitigations NONE = new ProcessMitigations(Set.of());

  /** Those that programs do without as a rule. */
  public static final ProcessMitigations USUAL =
      new ProcessMitigations(
          Arrays.stream(ProcessMitigation.values())
              .filter(ProcessMitigation::usual)
              .collect(Collectors.toSet()));

  private static final String NO = "none";

  /** Copies the set, in one order. */
  public ProcessMitigations {
    EnumSet<ProcessMitigation> sorted = EnumSet.noneOf(ProcessMitigation.class);
    sorted.addAll(closed);
    closed = Collections.unmodifiableSet(sorted);
  }

  /**
   * Returns the choice of a property's value.
   *
   * @param value the value; null for the usual choice
   * @return the choice; empty for a value with an unknown word
   */
  public static Optional<ProcessMitigations> of(String value) {
    if (value == null || value.equals(NO)) {
      return Optional.of(value == null ? USUAL : NONE);
    }
    Set<ProcessMitigation> closed = EnumSet.copyOf(USUAL.closed);
    for (String word : value.split(",", -1)) {
      Optional<ProcessMitigation> found =
          Arrays.stream(ProcessMitigation.values())
              .filter(one -> one.toString().equals(word))
              .findFirst();
      if (found.isEmpty()) {
        return Optional.empty();
      }
      closed.add(found.get());
    }
    return Optional.of(new ProcessMitigations(closed));
  }

  /** Returns the words that the property takes. */
  public static List<String> words() {
    return Arrays.stream(ProcessMitigation.values())
        .filter(one -> !one.usual())
        .map(ProcessMitigation::toString)
        .toList();
  }

  /** Returns the bits of {@code PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY}; 0 for none. */
  public long creation() {
    return closed.stream().mapToLong(ProcessMitigation::creation).reduce(0, (a, b) -> a | b);
  }

  /**
   * Returns what a process lacks.
   *
   * @param told the mitigations that the system tells of it
   * @return the first fault; empty when it has all of these
   */
  public Optional<String> problem(Set<ProcessMitigation> told) {
    return closed.stream()
        .filter(one -> !told.contains(one))
        .findFirst()
        .map(one -> "this system took the mitigation '" + one + "' and does not tell it");
  }

  /** Returns what commands do without, as a clause; empty for no mitigation. */
  public Optional<String> clause() {
    return closed.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "commands start without "
                + closed.stream().map(ProcessMitigation::closed).collect(Collectors.joining(", ")));
  }
}
