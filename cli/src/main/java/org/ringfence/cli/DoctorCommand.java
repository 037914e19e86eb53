package org.ringfence.cli;

import java.io.PrintWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.ringfence.Backends;
import org.ringfence.event.Printable;
import org.ringfence.plan.Availability;
import org.ringfence.policy.PathStyle;
import org.ringfence.spi.SandboxBackend;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows backends. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Tries each backend and says whether it can run here, and if not, why and what would help.",
      "Exits with 1 when none can.",
      ""
    })
final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--recommend",
      paramLabel = "WORKLOAD",
      arity = "0..1",
      fallbackValue = "agent",
      description = {
        "Say which backend fits a workload best here, and why: ${COMPLETION-CANDIDATES}.",
        "Without a value: agent."
      })
  private Workload recommended;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Palette palette = Palette.ofThisTerminal();
    boolean any = false;
    Set<String> usable = new HashSet<>();
    for (SandboxBackend backend : Backends.load().all()) {
      Availability availability = backend.probe();
      any |= availability.usable();
      if (availability.usable()) {
        usable.add(backend.id());
      }
      out.println(
          palette.answer(
                  availability.usable(),
                  String.format("%-12s", availability.usable() ? "available" : "unavailable"))
              + String.format(" %-10s %s", backend.id(), backend.description()));
      availability
          .reasons()
          .forEach(reason -> out.println("             because " + Printable.of(reason)));
      availability
          .remedies()
          .forEach(remedy -> out.println("             try: " + Printable.of(remedy)));
      availability
          .facts()
          .forEach(
              (name, value) -> out.println("             " + name + ": " + Printable.of(value)));
    }
    if (recommended != null) {
      recommend(out, usable);
    }
    out.flush();
    return any ? ExitCode.OK : ExitCode.NO;
  }

  private void recommend(PrintWriter out, Set<String> usable) {
    out.println();
    out.println("for " + recommended.about() + ":");
    List<String> fitting = recommended.backends().stream().filter(usable::contains).toList();
    for (String id : fitting) {
      out.println("  --backend " + id + ": " + recommended.reason(id));
    }
    if (fitting.isEmpty()) {
      out.println("  " + recommended.otherwise());
    }
    recommended.backends().stream()
        .filter(id -> !usable.contains(id))
        .filter(this::isOfThisSystem)
        .findFirst()
        .ifPresent(
            id -> out.println("  better, once it runs: " + id + ", " + recommended.reason(id)));
  }

  /** What could be set up here. */
  private boolean isOfThisSystem(String id) {
    List<String> there =
        PathStyle.current() == PathStyle.WINDOWS
            ? List.of("wsl2", "dedicated-user", "app-container")
            : System.getProperty("os.name").startsWith("Mac")
                ? List.of("seatbelt")
                : List.of("landlock", "bubblewrap");
    return there.contains(id);
  }
}
