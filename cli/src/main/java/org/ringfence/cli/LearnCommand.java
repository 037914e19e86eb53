package org.ringfence.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.event.Printable;
import org.ringfence.event.SandboxListener;
import org.ringfence.event.Violation;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.Places;
import org.ringfence.policy.PolicyProposal;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.PolicyWriter;
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
      "Starts from read-only unless --policy says otherwise. Protected names, deny globs and rules"
          + " that deny are never proposed away.",
      ""
    })
final class LearnCommand implements Callable<Integer> {
  private static final int MOST_ROUNDS = 20;

  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the policy to FILE instead of standard output.")
  private Path output;

  @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "The command, after '--'.")
  private List<String> command;

  @Override
  public Integer call() throws Exception {
    PrintWriter err = spec.commandLine().getErr();
    if (output != null) {
      options.protect(output);
    }
    SandboxPolicy policy = options.policy("read-only");
    Places places = Places.current(options.workspace());
    Set<String> refused = new LinkedHashSet<>();
    int exit = 0;
    for (int round = 1; round <= MOST_ROUNDS; round++) {
      DenialReport denials = new DenialReport();
      exit = run(policy, denials);
      EffectivePolicy effective = policy.in(places);
      PolicyProposal proposal = PolicyProposal.after(effective, denials.denials());
      refused.clear();
      refused.addAll(proposal.refused());
      err.println(
          "ringfence: run "
              + round
              + ": exit "
              + exit
              + ", "
              + denials.denials().size()
              + " denied");
      if (!proposal.changed()) {
        break;
      }
      policy = proposal.policy();
    }
    for (String denial : refused) {
      err.println("ringfence: still denied, and not proposed: " + Printable.of(denial));
    }
    err.println(
        exit == 0
            ? "ringfence: under this policy the command works"
            : "ringfence: under this policy the command still ends with " + exit);
    err.flush();
    print(PolicyWriter.write(policy));
    return exit;
  }

  /** The command's own output goes to standard error: standard output is for the policy. */
  private int run(SandboxPolicy policy, DenialReport denials) throws Exception {
    try (Sandbox sandbox =
        Sandbox.opener(policy)
            .workspace(options.workspace())
            .backend(options.backend())
            .listener(new Listeners(List.of(denials, new UnlistedHosts())))
            .open()) {
      SandboxCommand request =
          SandboxCommand.of(command).inheritIO().redirectOutput(ProcessBuilder.Redirect.PIPE);
      Process process = sandbox.start(request);
      process.getInputStream().transferTo(System.err);
      return process.waitFor();
    }
  }

  private void print(String text) throws Exception {
    if (output != null) {
      try (OutputFile.Replacement file = new OutputFile(output, options.effective()).replacing()) {
        file.writer().write(text);
        file.commit();
      }
      return;
    }
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
  }

  /** Has hosts be denied by name and port, when they are connected to. */
  private static final class UnlistedHosts implements SandboxListener {
    @Override
    public void violation(Violation violation) {}

    @Override
    public Set<Interest> interests() {
      return Set.of(Interest.UNLISTED_HOSTS);
    }
  }
}
