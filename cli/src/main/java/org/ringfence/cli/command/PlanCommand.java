package org.ringfence.cli.command;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.ringfence.Backends;
import org.ringfence.cli.policy.IneffectiveRules;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.terminal.Palette;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.Preference;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyWriter;
import org.ringfence.policy.path.HomeDirectory;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows how backends would enforce a policy. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows which guarantees of a policy this machine would enforce, by which means, and which not.",
      "Exits with 126 when 'run' would refuse. Starts nothing.",
      ""
    })
public final class PlanCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(names = "--all", description = "Show every backend, not only the one 'run' would take.")
  private boolean all;

  @Override
  public Integer call() throws Exception {
    EffectivePolicy policy = options.effective();
    PrintWriter err = spec.commandLine().getErr();
    options
        .unusedProject()
        .ifPresent(file -> err.println("ringfence: " + Printable.of(PolicyOptions.unused(file))));
    IneffectiveRules.warn(err, policy);
    Backends backends = options.ordered(Backends.load());
    List<SandboxPlan> plans =
        options.backend() == null
            ? backends.plans(policy)
            : List.of(backends.byId(options.backend()).plan(policy));
    PrintWriter out = spec.commandLine().getOut();
    List<SandboxPlan> shown = all ? plans : plans.subList(0, Math.min(1, plans.size()));
    if (json) {
      out.print(PolicyWriter.writePlans(shown));
    } else {
      options.found().forEach(tool -> out.println(tool.sentence()));
      shown.forEach(plan -> print(out, plan, Palette.ofThisTerminal()));
      if (!all) {
        plans.stream().skip(1).forEach(plan -> compare(out, plan));
        if (options.backend() == null) {
          preferences(out, backends, policy, plans.get(0));
        }
      }
    }
    out.flush();
    return !plans.isEmpty() && plans.get(0).acceptable() ? ExitCode.OK : ExitCode.REFUSED;
  }

  /** Prints each preference that would choose another backend. */
  private static void preferences(
      PrintWriter out, Backends backends, EffectivePolicy policy, SandboxPlan chosen) {
    for (Preference each : Preference.values()) {
      String other = backends.preferring(each).plans(policy).get(0).backend();
      if (!other.equals(chosen.backend())) {
        out.println("with --prefer " + each.word() + ", 'run' takes " + other);
      }
    }
  }

  /**
   * Prints another backend that runs here in one line: the guarantees that it enforces, and those
   * it does not.
   */
  private static void compare(PrintWriter out, SandboxPlan plan) {
    if (!plan.availability().usable()) {
      return;
    }
    String not =
        plan.guarantees().stream()
            .filter(guarantee -> guarantee.level() != Enforcement.ENFORCED)
            .map(PlannedGuarantee::id)
            .collect(Collectors.joining(", "));
    out.println(
        "instead, --backend "
            + plan.backend()
            + " enforces "
            + plan.enforcedCount()
            + " of "
            + plan.guarantees().size()
            + (not.isEmpty() ? "" : ", not " + not)
            + (plan.acceptable() ? "" : ": it would refuse"));
  }

  public static void print(PrintWriter out, SandboxPlan plan, Palette palette) {
    out.println("backend " + plan.backend());
    if (!plan.availability().usable()) {
      out.println(
          "  cannot run here: " + Printable.of(String.join("; ", plan.availability().reasons())));
      return;
    }
    // Facts that qualify the rest; doctor lists them all.
    for (String note : List.of("verified", "guest", "workspace")) {
      String fact = plan.availability().facts().get(note);
      if (fact != null) {
        out.println("  " + note + ": " + Printable.of(fact));
      }
    }
    HomeDirectory home = plan.policy().places().homeDirectory();
    out.println("  home: " + Printable.of(home.path().orElse("none")) + ", " + home.reason());
    for (String other : home.others()) {
      out.println("  home: a denial below it also applies below " + Printable.of(other) + ", too");
    }
    for (PlannedGuarantee guarantee : plan.guarantees()) {
      out.printf(
          "  %s %-24s %s%n",
          palette.level(guarantee.level()), guarantee.id(), Printable.of(guarantee.statement()));
      if (!guarantee.mechanism().isEmpty()) {
        out.printf("  %-11s %-24s by %s%n", "", "", Printable.of(guarantee.mechanism()));
      }
      if (!guarantee.reason().isEmpty()) {
        out.printf("  %-11s %-24s because %s%n", "", "", Printable.of(guarantee.reason()));
      }
      if (!guarantee.remedy().isEmpty()) {
        out.printf("  %-11s %-24s try: %s%n", "", "", Printable.of(guarantee.remedy()));
      }
      if (!guarantee.verification().isEmpty()) {
        out.printf("  %-11s %-24s %s%n", "", "", guarantee.verification());
      }
      if (!guarantee.reason().isEmpty() && plan.accepts(guarantee)) {
        out.printf("  %-11s %-24s accepted: the policy names it as best effort%n", "", "");
      }
    }
    out.println(
        plan.acceptable()
            ? palette.answer(true, "a command would run")
            : palette.answer(false, "a command would be refused"));
  }
}
