package org.ringfence.cli.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.OtherMeans;
import org.ringfence.spi.Workload;

/**
 * The backend that fits a workload on this machine. Every backend in it fits the workload.
 *
 * @param workload the workload
 * @param backend the backend; empty when none that runs here fits
 * @param command the command line; empty when none fits
 * @param better a backend of this system that would fit better, were it set up
 * @param also another that runs here and fits
 * @param others means of this system that are no backends
 */
record Recommendation(
    Workload workload,
    Optional<BackendInfo> backend,
    String command,
    Optional<BackendInfo> better,
    Optional<BackendInfo> also,
    List<OtherMeans.Means> others) {
  /**
   * Chooses from the backends that run here.
   *
   * @param workload the workload
   * @param all the descriptions of all backends
   * @param usable the ids of backends that run here
   * @param hides whether a backend enforces the usual policy with the preset no-credentials
   * @param others means of this system that are no backends
   */
  static Recommendation of(
      Workload workload,
      List<BackendInfo> all,
      Set<String> usable,
      Predicate<String> hides,
      List<OtherMeans.Means> others) {
    List<BackendInfo> ordered =
        all.stream()
            .filter(info -> info.suitability(workload).isPresent())
            .sorted(BackendInfo.bestFor(workload))
            .toList();
    List<BackendInfo> fitting =
        ordered.stream().filter(info -> usable.contains(info.id())).toList();
    Optional<BackendInfo> backend = fitting.stream().findFirst();
    Optional<BackendInfo> better =
        ordered.stream()
            .takeWhile(info -> backend.filter(info::equals).isEmpty())
            .filter(info -> info.system().isThis() && !usable.contains(info.id()))
            .findFirst();
    boolean hiding =
        workload == Workload.AGENT && backend.filter(info -> hides.test(info.id())).isPresent();
    String command =
        backend
            .map(
                info ->
                    "ringfence run --backend "
                        + info.id()
                        + (hiding ? " -p no-credentials" : "")
                        + " -- COMMAND")
            .orElse("");
    return new Recommendation(
        workload, backend, command, better, fitting.stream().skip(1).findFirst(), others);
  }

  /** Returns why the backend fits, or the remedy when none does. */
  private String reason() {
    if (backend.isPresent()) {
      return reason(backend.get());
    }
    return workload == Workload.PACKAGED
        ? "none: the system starts packaged apps, not the caller; use the program's own .exe"
        : "none that runs here: see above for what would help";
  }

  private String reason(BackendInfo info) {
    return info.suitability(workload).orElseThrow().reason();
  }

  private String explained(BackendInfo info) {
    return info.id() + " (" + reason(info) + ")";
  }

  /** Returns at most three lines, and one for each of the other means. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "for " + workload.description() + ": " + backend.map(this::explained).orElse(reason()));
    if (!command.isEmpty()) {
      lines.add("run: " + command);
    }
    better
        .map(info -> "better, once it runs: " + explained(info))
        .or(() -> also.map(info -> "also fits: " + explained(info)))
        .ifPresent(lines::add);
    others.forEach(means -> lines.add("no backend: " + means.title() + ": " + means.reason()));
    return lines;
  }

  /** Returns the recommendation as JSON. */
  Map<String, Object> tree() {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("workload", workload.toString());
    tree.put("backend", backend.map(BackendInfo::id).orElse(null));
    tree.put("reason", reason());
    tree.put("command", command);
    tree.put("better", better.map(BackendInfo::id).orElse(null));
    tree.put("also", also.map(BackendInfo::id).orElse(null));
    Map<String, Object> reasons = new LinkedHashMap<>();
    others.forEach(means -> reasons.put(means.id(), means.reason()));
    tree.put("others", reasons);
    return tree;
  }
}
