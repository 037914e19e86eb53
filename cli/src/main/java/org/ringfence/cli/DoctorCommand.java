package org.ringfence.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.ringfence.Backends;
import org.ringfence.plan.Availability;
import org.ringfence.spi.SandboxBackend;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
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

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Palette palette = Palette.ofThisTerminal();
    boolean any = false;
    for (SandboxBackend backend : Backends.load().all()) {
      Availability availability = backend.probe();
      any |= availability.usable();
      out.println(
          palette.answer(
                  availability.usable(),
                  String.format("%-12s", availability.usable() ? "available" : "unavailable"))
              + String.format(" %-10s %s", backend.id(), backend.description()));
      availability.reasons().forEach(reason -> out.println("             because " + reason));
      availability.remedies().forEach(remedy -> out.println("             try: " + remedy));
      availability
          .facts()
          .forEach((name, value) -> out.println("             " + name + ": " + value));
    }
    out.flush();
    return any ? ExitCode.OK : ExitCode.NO;
  }
}
