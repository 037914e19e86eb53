package org.ringfence.cli.command;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.Callable;
import org.ringfence.Backends;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.terminal.Palette;
import org.ringfence.plan.Availability;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.OtherMeans;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Workload;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows the backends and whether they can run. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Tries each backend of this system and says whether it can run here, and if not, why and what"
          + " would help.",
      "Exits with 1 when none can, or when --recommend finds none that fits.",
      ""
    })
public final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--recommend",
      paramLabel = "WORKLOAD",
      arity = "0..1",
      fallbackValue = "agent",
      description = {
        "Say only which backend fits a workload best here, and why: ${COMPLETION-CANDIDATES}.",
        "Without a value: agent."
      })
  private Workload recommended;

  @Option(names = "--json", description = "Print JSON; docs/json.md describes it.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Backends backends = Backends.load();
    Map<SandboxBackend, Availability> ofThisSystem = new LinkedHashMap<>();
    List<String> others = new ArrayList<>();
    Set<String> usable = new LinkedHashSet<>();
    for (SandboxBackend backend : backends.all()) {
      if (!backend.info().system().isThis()) {
        others.add(backend.info().id());
        continue;
      }
      Availability availability = backend.probe();
      ofThisSystem.put(backend, availability);
      if (availability.usable()) {
        usable.add(backend.info().id());
      }
    }
    Recommendation answer =
        recommended == null
            ? null
            : Recommendation.of(
                recommended,
                infos(backends),
                usable,
                id -> hidesCredentials(backends, id),
                otherMeans());
    if (json) {
      out.print(JsonText.of(tree(ofThisSystem, others, answer)));
    } else if (answer != null) {
      answer.lines().stream().map(Printable::of).forEach(out::println);
    } else {
      ofThisSystem.forEach((backend, availability) -> print(out, backend, availability));
      if (!others.isEmpty()) {
        out.println("of other systems: " + String.join(", ", others));
      }
    }
    out.flush();
    boolean yes = answer == null ? !usable.isEmpty() : answer.backend().isPresent();
    return yes ? ExitCode.OK : ExitCode.NO;
  }

  private static void print(PrintWriter out, SandboxBackend backend, Availability availability) {
    boolean usable = availability.usable();
    out.println(
        Palette.ofThisTerminal()
                .answer(usable, String.format("%-12s", usable ? "available" : "unavailable"))
            + String.format(" %-10s %s", backend.info().id(), backend.info().description()));
    availability
        .reasons()
        .forEach(reason -> out.println("             because " + Printable.of(reason)));
    availability
        .remedies()
        .forEach(remedy -> out.println("             try: " + Printable.of(remedy)));
    availability
        .facts()
        .forEach((name, value) -> out.println("             " + name + ": " + Printable.of(value)));
  }

  private static List<BackendInfo> infos(Backends backends) {
    return backends.all().stream().map(SandboxBackend::info).toList();
  }

  private static List<OtherMeans.Means> otherMeans() {
    return ServiceLoader.load(OtherMeans.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(means -> means.system().isThis())
        .flatMap(means -> means.all().stream())
        .toList();
  }

  private static boolean hidesCredentials(Backends backends, String id) {
    List<String> names = new ArrayList<>(PolicyOptions.USUAL);
    names.add("no-credentials");
    EffectivePolicy policy =
        EffectivePolicy.of(PolicyReader.combined(names), PathContext.current());
    return backends.byId(id).plan(policy).acceptable();
  }

  private static Map<String, Object> tree(
      Map<SandboxBackend, Availability> ofThisSystem, List<String> others, Recommendation answer) {
    List<Object> backends = new ArrayList<>();
    ofThisSystem.forEach(
        (backend, availability) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("id", backend.info().id());
          one.put("description", backend.info().description());
          one.put("available", availability.usable());
          one.put("reasons", availability.reasons());
          one.put("remedies", availability.remedies());
          one.put("facts", availability.facts());
          backends.add(one);
        });
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("backends", backends);
    tree.put("otherSystems", others);
    if (answer != null) {
      tree.put("recommendation", answer.tree());
    }
    return tree;
  }
}
