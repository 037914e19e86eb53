package org.ringfence;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;

/**
 * Explains in a short paragraph why nothing was started: guarantee, reason and remedy, each once.
 */
final class RefusalText {
  /** The reasons that a message names; the plans have all. */
  private static final int MOST = 3;

  private RefusalText() {}

  /**
   * Explains a refusal with the plan that lacks the fewest guarantees.
   *
   * @param plans the plan of each backend
   */
  static String of(List<SandboxPlan> plans) {
    List<SandboxPlan> usable = plans.stream().filter(plan -> plan.availability().usable()).toList();
    String text = "refused, nothing was started: ";
    if (usable.isEmpty()) {
      return text + unavailable(plans);
    }
    SandboxPlan best =
        usable.stream().min(Comparator.comparingInt(plan -> plan.unmet().size())).orElseThrow();
    text += lacks(best);
    List<String> others =
        usable.stream().filter(plan -> plan != best).map(plan -> alsoLacks(plan, best)).toList();
    return text + others.stream().map(other -> "; " + other).collect(Collectors.joining());
  }

  private static String unavailable(List<SandboxPlan> plans) {
    List<String> texts = new ArrayList<>();
    for (SandboxPlan plan : plans) {
      List<String> remedies = plan.availability().remedies();
      texts.add(
          plan.backend()
              + " cannot run here: "
              + String.join("; ", plan.availability().reasons())
              + (remedies.isEmpty() ? "" : ", try: " + String.join("; ", remedies)));
    }
    return texts.isEmpty() ? "there is no backend on the class path" : String.join("; ", texts);
  }

  private static String lacks(SandboxPlan plan) {
    Map<List<String>, List<PlannedGuarantee>> byReason = new LinkedHashMap<>();
    for (PlannedGuarantee guarantee : plan.unmet()) {
      byReason
          .computeIfAbsent(
              List.of(guarantee.level().name(), guarantee.reason(), guarantee.remedy()),
              reason -> new ArrayList<>())
          .add(guarantee);
    }
    List<String> texts = new ArrayList<>();
    for (List<PlannedGuarantee> same : byReason.values().stream().limit(MOST).toList()) {
      PlannedGuarantee first = same.get(0);
      boolean part = first.level() == Enforcement.ADVISORY;
      texts.add(
          plan.backend()
              + (part ? " enforces " : " cannot enforce ")
              + joined(same)
              + (part ? " only in part" : "")
              + (first.reason().isEmpty() ? "" : ": " + first.reason())
              + (first.remedy().isEmpty() ? "" : ", try: " + first.remedy()));
    }
    int more = byReason.values().stream().skip(MOST).mapToInt(List::size).sum();
    if (more > 0) {
      texts.add("and " + more + (more == 1 ? " more guarantee" : " more guarantees"));
    }
    return String.join("; ", texts);
  }

  private static String alsoLacks(SandboxPlan plan, SandboxPlan best) {
    boolean same = ids(plan).equals(ids(best));
    return plan.backend()
        + (same ? " does not either" : " would not enforce " + joined(plan.unmet()));
  }

  private static List<String> ids(SandboxPlan plan) {
    return plan.unmet().stream().map(PlannedGuarantee::id).toList();
  }

  private static String joined(List<PlannedGuarantee> guarantees) {
    List<String> ids = guarantees.stream().map(PlannedGuarantee::id).distinct().toList();
    int last = ids.size() - 1;
    return last <= 0
        ? String.join("", ids)
        : String.join(", ", ids.subList(0, last)) + " and " + ids.get(last);
  }
}
