package org.ringfence.cli.policy;

import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.Collectors;
import org.ringfence.Backends;
import org.ringfence.plan.Preference;
import org.ringfence.policy.value.InvalidPolicyException;
import picocli.CommandLine.Option;

/** Options that choose a backend. */
final class BackendChoice {
  @Option(
      names = "--backend",
      paramLabel = "ID",
      completionCandidates = Candidates.OfBackends.class,
      description = "Use this backend instead of letting the plans decide.")
  private String id;

  @Option(
      names = "--prefer",
      paramLabel = "WHAT",
      completionCandidates = Words.class,
      description =
          "Of backends that enforce the same, take the one that starts commands soonest ('launch',"
              + " the default), or the one in which they work fastest ('work').")
  private String preferred;

  /** The words of the preferences. */
  static final class Words implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(Preference.values()).map(Preference::word).iterator();
    }
  }

  /** Parses an option without picocli; false if this class does not know it. */
  boolean accept(String name, String value) {
    if (name.equals("--backend")) {
      id = value;
      return true;
    }
    if (name.equals("--prefer")) {
      preferred = value;
      return true;
    }
    return false;
  }

  /** Returns the id of the chosen backend; null if the plans decide. */
  String id() {
    return id;
  }

  /** Returns backends in the order of the preference. */
  Backends ordered(Backends backends) {
    return preferred == null ? backends : backends.preferring(preference());
  }

  private Preference preference() {
    for (Preference each : Preference.values()) {
      if (each.word().equals(preferred)) {
        return each;
      }
    }
    throw new InvalidPolicyException(
        "--prefer",
        preferred,
        Arrays.stream(Preference.values())
            .map(Preference::word)
            .collect(Collectors.joining(", ", "one of ", "")));
  }
}
