package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.learn.GrantPrompt;
import org.ringfence.cli.learn.Learned;
import org.ringfence.cli.learn.RequestedHosts;
import org.ringfence.cli.policy.OutputFile;
import org.ringfence.cli.policy.PolicyNames;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.DenialReport;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.cli.run.HostPrompt;
import org.ringfence.event.HostVerdict;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyWriter;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.proposal.PolicyProposal;
import org.ringfence.policy.proposal.PolicyProposal.Grant;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Finds the smallest policy under which a command works. */
@Command(
    name = "learn",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs a command again and again, each time under the policy that the last run's denials ask"
          + " for, and prints the policy under which it works. The sandbox is in force all the"
          + " time: nothing is done that the policy so far does not grant.",
      "Starts from read-only and no-credentials unless --policy says otherwise. By itself it grants"
          + " reading, but of no secrets; writing in the workspace and in caches of the presets; and"
          + " hosts with --network allowlist. Other grants are asked for on the terminal, one"
          + " by one, or listed. Protected names, places from which code runs later, deny globs and"
          + " rules that deny are never granted.",
      "When five or more files of one directory are denied, it asks for the directory. One file"
          + " never makes it grant a directory outside the workspace.",
      ""
    })
public final class LearnCommand implements Callable<Integer> {
  /** The presets that this command starts from. */
  public static final List<String> START = List.of("read-only", "no-credentials");

  private static final int MOST_ROUNDS = 20;

  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the policy to FILE instead of standard output.")
  private Path output;

  @Option(
      names = "--json",
      description =
          "Print JSON instead, with the policy in it; docs/json.md describes it. With --output the"
              + " policy is written there as well.")
  private boolean json;

  @Option(
      names = "--directories",
      description =
          "Grant reading the directory of five or more denied files without a question, instead of"
              + " each file. A directory with secrets, and one that many programs share, is not"
              + " granted.")
  private boolean directories;

  @Option(
      names = {"-v", "--verbose"},
      description = "List each grant and each denial. Otherwise many of one kind are counted.")
  private boolean verbose;

  @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "The command, after '--'.")
  private List<String> command;

  @Override
  public Integer call() throws Exception {
    PrintWriter err = spec.commandLine().getErr();
    if (output != null) {
      options.protect(output);
    }
    // A named policy may replace the presets that this command starts from.
    boolean own = options.on(START).containsAll(START);
    List<String> bases = own ? bases(err) : options.on(List.of());
    SandboxPolicy base = options.policy(bases);
    List<SandboxPolicy> caches = Presets.toolchains();
    Predicate<Grant> asked = GrantPrompt.whereSomeoneSits();
    Predicate<Grant> consent =
        grant -> directories && grant.isTree() && grant.isReading() || asked.test(grant);
    PathContext places = PathContext.current(options.workspace());
    SandboxPolicy policy = own ? withWorkspace(base) : base;
    List<Grant> grants = new ArrayList<>();
    PolicyProposal proposal;
    int exit;
    int round = 0;
    do {
      demandSteady(grants);
      DenialReport denials = new DenialReport();
      exit = run(policy, denials);
      proposal =
          PolicyProposal.after(
              EffectivePolicy.of(policy, places), denials.denials(), grants, caches, consent);
      policy = proposal.policy();
      grants.addAll(proposal.granted());
      round++;
      int denied = denials.denials().size();
      err.println("ringfence: run " + round + ": exit " + exit + ", " + denied + " denied");
    } while (!proposal.granted().isEmpty() && round < MOST_ROUNDS);
    Learned learned = new Learned(grants, proposal.refused(), exit, round);
    learned.print(err, verbose);
    List<String> extended = PolicyNames.extendable(bases);
    String text =
        PolicyWriter.writeOver(
            extended, options.named(extended), policy, learned.description(command));
    if (output != null || !json) {
      print(text, EffectivePolicy.of(policy, places));
    }
    if (json) {
      spec.commandLine().getOut().print(JsonText.of(learned.tree(JsonText.read(text))));
      spec.commandLine().getOut().flush();
    }
    return exit;
  }

  /** Keeps the workspace visible, even where a private temporary directory would hide it. */
  private static SandboxPolicy withWorkspace(SandboxPolicy base) {
    return base.toBuilder().layer().rule(":workspace", Access.READ, MissingPath.REJECT).build();
  }

  /** Returns the base policies: without credentials where a backend can hide them. */
  private List<String> bases(PrintWriter err) throws Exception {
    List<String> hidden = options.on(START);
    EffectivePolicy wanted =
        EffectivePolicy.of(
            withWorkspace(options.policy(hidden)), PathContext.current(options.workspace()));
    Backends backends = Backends.load();
    List<SandboxPlan> plans =
        options.backend() == null
            ? backends.plans(wanted)
            : List.of(backends.byId(options.backend()).plan(wanted));
    if (plans.stream().noneMatch(SandboxPlan::acceptable)) {
      err.println(
          "ringfence: nothing here can hide credentials from the command (preset no-credentials):"
              + " it reads what the user can read");
      return options.on(List.of("read-only"));
    }
    return hidden;
  }

  /** Demands that no granted path has become a link: the command may have put one there. */
  private static void demandSteady(List<Grant> grants) throws IOException {
    for (Grant grant : grants) {
      if (!grant.path().isEmpty()
          && Files.exists(Path.of(grant.path()), LinkOption.NOFOLLOW_LINKS)
          && !Path.of(grant.path()).toRealPath().toString().equals(grant.path())) {
        throw new SandboxException(
            "learn: the command has put a link where "
                + grant.path()
                + " was granted; nothing more is run or granted");
      }
    }
  }

  /** Runs the command with its output on standard error: standard output is for the policy. */
  private int run(SandboxPolicy policy, DenialReport denials) throws Exception {
    try (Sandbox sandbox =
        Sandbox.opener(policy)
            .workspace(options.workspace())
            .backend(options.backend())
            .onDenied(denial -> denials.denied(RequestedHosts.named(denial, NetworkMode.ALLOWLIST)))
            .onDropped(denials::dropped)
            // The sandbox denies hosts by name and port, at the connect.
            .onUnlistedHost(host -> HostVerdict.DENY, HostPrompt.PATIENCE)
            .open()) {
      SandboxCommand request =
          SandboxCommand.of(command).inheritIO().redirectOutput(ProcessBuilder.Redirect.PIPE);
      Process process = sandbox.start(request);
      process.getInputStream().transferTo(System.err);
      return process.waitFor();
    }
  }

  private void print(String text, EffectivePolicy learned) throws Exception {
    if (output != null) {
      // Earlier commands may have written the workspace, though this one may not.
      EffectivePolicy usual = EffectivePolicy.of(Presets.workspaceWrite(), learned.places());
      try (OutputFile.Replacement file = new OutputFile(output, learned, usual).replacing()) {
        file.writer().write(text);
        file.commit();
      } catch (FileSystemException e) {
        throw FileFailure.of("cannot write the policy", output.toString(), e);
      }
      return;
    }
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
  }
}
