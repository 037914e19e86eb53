package org.ringfence.maven;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ringfence.event.Remedies;
import org.ringfence.event.Remedy;
import org.ringfence.event.Violation;
import org.ringfence.policy.json.Additions;
import org.ringfence.text.Printable;

/** The denials of a command, each once, in bounded memory. Thread-safe. */
final class DeniedOperations {
  private static final int MOST = 50;

  private record Key(String operation, String target, String rule) {}

  private final Map<Key, Violation> denials = new LinkedHashMap<>();
  private long more;

  synchronized void add(Violation denied) {
    Key key = new Key(denied.operation(), denied.target(), denied.rule());
    if (denials.containsKey(key)) {
      return;
    }
    if (denials.size() == MOST) {
      more++;
      return;
    }
    denials.put(key, denied);
  }

  synchronized void dropped(long count) {
    more += count;
  }

  /** Returns a line for each denial that the system would not deny outside, too. */
  synchronized List<String> lines() {
    Remedies remedies = Remedies.ofThisMachine();
    return denials.values().stream()
        .map(denied -> line(denied, remedies.of(denied)))
        .filter(line -> !line.isEmpty())
        .toList();
  }

  private static String line(Violation denied, Remedy remedy) {
    String text =
        "denied: "
            + denied.operation()
            + " "
            + Printable.name(denied.target())
            + ": "
            + Printable.of(denied.rule());
    if (remedy instanceof Remedy.None none) {
      return none.weight() == Remedy.Weight.EITHER_WAY
          ? ""
          : text + "; " + Printable.of(none.why());
    }
    return text
        + "; to allow it, add to the policy: "
        + Printable.of(Additions.json((Remedy.Addition) remedy));
  }

  /** Returns how many were denied, for the end of a sentence; empty for none. */
  synchronized String summary() {
    long all = denials.size() + more;
    return all == 0
        ? ""
        : "; the sandbox denied " + all + (all == 1 ? " operation" : " operations");
  }
}
