package org.ringfence.cli.report;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.Remedies;
import org.ringfence.event.Remedy;
import org.ringfence.event.Violation;
import org.ringfence.policy.json.Additions;
import org.ringfence.text.Printable;

/**
 * Collects denials, and prints each once at the end. A command that makes thousands of one kind
 * hides no other kind: each operation and rule has further places.
 */
public final class DenialReport {
  private static final int MOST = 2_000;
  private static final int MOST_OF_A_LATE_KIND = 20;
  private static final int MOST_LATE_KINDS = 100;
  private static final int MOST_TOGETHER = 12;
  // More of them are only counted: an interpreter tries one for each of its modules.
  private static final int MOST_EITHER_WAY = 3;
  private static final String STARTING = "optional accesses at a JVM's start";

  private final Map<String, Integer> counts = new LinkedHashMap<>();
  private final List<Violation> distinct = new ArrayList<>();
  private final Map<String, Integer> kinds = new HashMap<>();
  private Remedies remedies;
  private String unseen = "";
  private String backend = "";
  private long uncounted;
  private long optional;
  private final Set<Violation> eitherWay = new HashSet<>();

  private Remedies remedies() {
    if (remedies == null) {
      remedies = Remedies.ofThisMachine();
    }
    return remedies;
  }

  public synchronized void denied(Violation violation) {
    String key = key(violation);
    if (counts.containsKey(key)) {
      counts.merge(key, 1, Integer::sum);
      return;
    }
    Remedy.Weight weight =
        remedies().of(violation) instanceof Remedy.None none ? none.weight() : Remedy.Weight.FULL;
    if (weight == Remedy.Weight.OPTIONAL) {
      optional++;
    } else if (hasPlace(kind(violation))) {
      counts.put(key, 1);
      distinct.add(violation);
      if (weight == Remedy.Weight.EITHER_WAY) {
        eitherWay.add(violation);
      }
    } else {
      uncounted++;
    }
  }

  public synchronized void dropped(DroppedEvents dropped) {
    uncounted += dropped.violations();
  }

  /**
   * Names the denials that the backend cannot report.
   *
   * @param backend the backend's id
   */
  public synchronized void under(String backend) {
    this.backend = backend;
    unseen =
        switch (backend) {
          case "landlock" ->
              "not reported under landlock, since the kernel alone denies it: signals to processes"
                  + " outside, and looks into them";
          case "bubblewrap" ->
              "not reported under bubblewrap, since it is not there: processes and devices outside";
          default -> "";
        };
  }

  private boolean hasPlace(String kind) {
    int listed = kinds.getOrDefault(kind, 0);
    if (counts.size() >= MOST
        && (listed >= MOST_OF_A_LATE_KIND
            || counts.size() >= MOST + MOST_LATE_KINDS * MOST_OF_A_LATE_KIND)) {
      return false;
    }
    kinds.put(kind, listed + 1);
    return true;
  }

  private static String kind(Violation violation) {
    return violation.operation() + '\0' + violation.rule();
  }

  private static String key(Violation violation) {
    return violation.operation() + '\0' + violation.target() + '\0' + violation.rule();
  }

  public synchronized List<Violation> denials() {
    return List.copyOf(distinct);
  }

  /** Returns the denials without those that the system denies this user outside, too. */
  public synchronized List<Violation> ofTheSandbox() {
    return distinct.stream().filter(each -> !eitherWay.contains(each)).toList();
  }

  /** Returns the options of all remedies; none when they are too many for one command line. */
  private static List<String> together(Collection<Remedy> all) {
    List<List<String>> remedies =
        all.stream()
            .filter(Remedy.Addition.class::isInstance)
            .filter(remedy -> !RemedyText.isNear(remedy))
            // An addition that gives up a protection is asked for by itself.
            .filter(remedy -> !(remedy instanceof Remedy.AllowName))
            .map(remedy -> Additions.options((Remedy.Addition) remedy))
            .distinct()
            .toList();
    return remedies.size() > MOST_TOGETHER
        ? List.of()
        : remedies.stream().flatMap(List::stream).toList();
  }

  /** Returns the denials that are not listed, in words. */
  private String except(boolean few) {
    return (optional > 0 ? ", except " + STARTING : "")
        + (few ? "" : (optional > 0 ? " and " : ", except ") + unlisted());
  }

  private String unlisted() {
    return eitherWay.size() + " writes that the system denies this user outside the sandbox, too";
  }

  private void print(Violation violation, Remedy remedy, PrintWriter out) {
    int count = counts.get(key(violation));
    out.println(
        "  "
            + violation.operation()
            + " "
            + Printable.name(violation.target())
            + (count > 1 ? " (" + count + " times)" : "")
            + (violation.executable().isEmpty()
                ? ""
                : " by " + Printable.name(violation.executable()))
            + (violation.certainty() == Violation.Certainty.LIKELY ? ", as it seems" : ""));
    out.println("    " + Printable.of(violation.rule()) + RemedyText.of(remedy) + instead(remedy));
  }

  private String instead(Remedy remedy) {
    return remedy instanceof Remedy.ShareTmp && backend.equals("landlock")
        ? ", or --backend bubblewrap, which gives a command a /tmp of its own"
        : "";
  }

  public synchronized void print(PrintWriter out) {
    boolean few = eitherWay.size() <= MOST_EITHER_WAY;
    List<Violation> listed = few ? distinct : ofTheSandbox();
    // As the paths are now, at the end.
    Map<Violation, Remedy> helps = new LinkedHashMap<>();
    listed.forEach(violation -> helps.put(violation, remedies().of(violation)));
    if (listed.isEmpty()) {
      out.println(
          "ringfence: "
              + (uncounted > 0 ? "no denial was recorded" : "nothing was denied")
              + except(few));
    } else {
      out.println("ringfence: denied:");
      helps.forEach((violation, remedy) -> print(violation, remedy, out));
      if (!few) {
        out.println("ringfence: not listed: " + unlisted());
      }
    }
    List<String> together = together(helps.values());
    if (together.size() > 2) {
      out.println("ringfence: to allow all that can be allowed: " + RemedyText.pasted(together));
    }
    if (!unseen.isEmpty()) {
      out.println("ringfence: " + unseen);
    }
    if (uncounted > 0) {
      out.println("ringfence: denied " + uncounted + " more, too fast or too many to be listed");
    }
    out.flush();
  }
}
