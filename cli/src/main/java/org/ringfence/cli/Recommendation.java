package org.ringfence.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The backend that fits a workload on this machine.
 *
 * @param workload the workload
 * @param backend the backend; empty when none that runs here fits
 * @param reason why it fits, or the remedy when none does
 * @param command the command line; empty when none fits
 * @param better a backend of this system that would fit better, were it set up
 * @param also another that runs here and fits
 */
record Recommendation(
    Workload workload,
    Optional<String> backend,
    String reason,
    String command,
    Optional<String> better,
    Optional<String> also) {
  /**
   * Chooses from the backends that run here.
   *
   * @param workload the workload
   * @param usable the ids of backends that run here
   * @param hides whether a backend enforces the usual policy with the preset no-credentials
   */
  static Recommendation of(Workload workload, Set<String> usable, Predicate<String> hides) {
    List<String> fitting = workload.backends().stream().filter(usable::contains).toList();
    int best = fitting.isEmpty() ? Integer.MAX_VALUE : workload.backends().indexOf(fitting.get(0));
    Optional<String> better =
        workload.backends().stream()
            .filter(id -> SystemBackends.contains(id) && !usable.contains(id))
            .filter(id -> workload.backends().indexOf(id) < best)
            .findFirst();
    if (fitting.isEmpty()) {
      return new Recommendation(
          workload, Optional.empty(), workload.otherwise(), "", better, Optional.empty());
    }
    String id = fitting.get(0);
    boolean untrusted = workload == Workload.AGENT && hides.test(id);
    String command =
        "ringfence run --backend " + id + (untrusted ? " -p no-credentials" : "") + " -- COMMAND";
    return new Recommendation(
        workload,
        Optional.of(id),
        workload.reason(id),
        command,
        better,
        fitting.stream().skip(1).findFirst());
  }

  /** Returns at most three lines. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "for "
            + workload.about()
            + ": "
            + backend.map(id -> id + " (" + reason + ")").orElse(reason));
    if (!command.isEmpty()) {
      lines.add("run: " + command);
    }
    better
        .map(id -> "better, once it runs: " + id + " (" + workload.reason(id) + ")")
        .or(() -> also.map(id -> "also fits: " + id + " (" + workload.reason(id) + ")"))
        .ifPresent(lines::add);
    return lines;
  }

  /** Returns the recommendation as JSON. */
  Map<String, Object> tree() {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("workload", workload.toString());
    tree.put("backend", backend.orElse(null));
    tree.put("reason", reason);
    tree.put("command", command);
    tree.put("better", better.orElse(null));
    tree.put("also", also.orElse(null));
    return tree;
  }
}
