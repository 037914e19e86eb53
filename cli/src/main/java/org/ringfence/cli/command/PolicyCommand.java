package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.ringfence.SandboxException;
import org.ringfence.cli.confirm.Confirmation;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.policy.Candidates;
import org.ringfence.cli.policy.IneffectiveRules;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.policy.ProjectPolicy;
import org.ringfence.cli.policy.StateDirectory;
import org.ringfence.cli.policy.TrustedPolicies;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.MistakePlaces;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.json.PolicyWriter;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows, checks and trusts policies. */
@Command(
    name = "policy",
    mixinStandardHelpOptions = true,
    description = "Shows and checks policies.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PolicyCommand.Show.class,
      PolicyCommand.Validate.class,
      PolicyCommand.Schema.class,
      PolicyImportCommand.class,
      PolicyCommand.Trust.class,
      PolicyCommand.Untrust.class,
      PolicyCommand.Trusted.class
    })
public final class PolicyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return ExitCode.OWN_FAILURE;
  }

  /** Prints a policy. */
  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Prints the policy that the options make, everything it extends written out.")
  static final class Show implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private PolicyOptions options;

    @Override
    public Integer call() throws Exception {
      PrintWriter out = spec.commandLine().getOut();
      out.print(PolicyWriter.write(options.policy()));
      out.flush();
      return ExitCode.OK;
    }
  }

  /** Checks a policy. */
  @Command(
      name = "validate",
      mixinStandardHelpOptions = true,
      description = "Checks a policy file, for this machine and the current directory.")
  static final class Validate implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON; docs/json.md describes it.")
    private boolean json;

    @Parameters(
        paramLabel = "PRESET|FILE",
        completionCandidates = Candidates.OfPolicies.class,
        description = "The policy.")
    private String policy;

    @Override
    public Integer call() throws Exception {
      try {
        EffectivePolicy effective = effective();
        if (json) {
          return print(List.of(), IneffectiveRules.of(effective));
        }
        IneffectiveRules.warn(spec.commandLine().getErr(), effective);
      } catch (InvalidPolicyException e) {
        if (!json) {
          throw e;
        }
        return print(e.problems(), List.of());
      } catch (FileSystemException | CharacterCodingException e) {
        throw FileFailure.of("cannot read the policy", policy, e);
      }
      PrintWriter out = spec.commandLine().getOut();
      out.println(policy + ": valid");
      out.flush();
      return ExitCode.OK;
    }

    private EffectivePolicy effective() throws IOException {
      SandboxPolicy read = PolicyReader.presetOrFile(policy);
      try {
        return EffectivePolicy.of(read, PathContext.current());
      } catch (InvalidPolicyException e) {
        throw MistakePlaces.placed(e, List.of(policy));
      }
    }

    private int print(List<InvalidPolicyException> problems, List<String> warnings) {
      Map<String, Object> tree = new LinkedHashMap<>();
      tree.put("policy", policy);
      tree.put("valid", problems.isEmpty());
      tree.put("mistakes", problems.stream().map(Throwable::getMessage).toList());
      tree.put("details", problems.stream().map(Validate::detail).toList());
      tree.put("warnings", warnings);
      PrintWriter out = spec.commandLine().getOut();
      out.print(JsonText.of(tree));
      out.flush();
      return problems.isEmpty() ? ExitCode.OK : ExitCode.OWN_FAILURE;
    }

    private static Map<String, Object> detail(InvalidPolicyException problem) {
      Map<String, Object> detail = new LinkedHashMap<>();
      problem.file().ifPresent(file -> detail.put("file", file));
      problem.file().ifPresent(file -> detail.put("line", problem.line()));
      detail.put("field", problem.field());
      detail.put("value", problem.value());
      detail.put("use", problem.nearest());
      problem.meant().ifPresent(word -> detail.put("didYouMean", word));
      return detail;
    }
  }

  /** Prints the JSON schema. */
  @Command(
      name = "schema",
      mixinStandardHelpOptions = true,
      description = "Prints the JSON Schema of policy files.")
  static final class Schema implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      out.print(Presets.schema());
      out.flush();
      return ExitCode.OK;
    }
  }

  /** Returns the named file, or the nearest project policy above the current directory. */
  private static Path named(Path file) throws IOException {
    if (file != null) {
      return file;
    }
    return ProjectPolicy.above(Path.of("").toAbsolutePath())
        .orElseThrow(
            () ->
                new SandboxException(
                    "policy: there is no "
                        + ProjectPolicy.NAME
                        + " here or in a directory above; name a FILE"))
        .file();
  }

  /** Trusts a project's policy. */
  @Command(
      name = "trust",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Shows a project's policy, or its changes since it was trusted, asks on the terminal, and"
            + " trusts it as it is now. Every change of it needs this again.",
        "Ringfence keeps the trusted policies in its state directory, which no command can write."
      })
  static final class Trust implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(
        paramLabel = "FILE",
        arity = "0..1",
        description = "Default: .ringfence/policy.json in the current directory or above.")
    private Path file;

    @Option(
        names = {"-y", "--yes"},
        description = "Do not ask; for scripts.")
    private boolean yes;

    @Override
    public Integer call() throws Exception {
      ProjectPolicy policy = ProjectPolicy.read(named(file));
      String name = policy.file().toString();
      PolicyReader.combined(List.of(name), Map.of(name, policy.text()));
      TrustedPolicies trusted = new TrustedPolicies(StateDirectory.current());
      PrintWriter out = spec.commandLine().getOut();
      if (!trusted.holds(policy)) {
        Confirmation confirmation = new Confirmation(out);
        confirmation.show(name, trusted.lastTrusted(policy.file()), policy.text());
        if (!yes && !confirmation.agreed("trust this policy?", "policy trust")) {
          out.println("not trusted: " + Printable.name(name));
          out.flush();
          return ExitCode.NO;
        }
        trusted.trust(policy);
      }
      out.println("trusted: " + Printable.name(name));
      out.flush();
      return ExitCode.OK;
    }
  }

  /** Revokes trust. */
  @Command(
      name = "untrust",
      mixinStandardHelpOptions = true,
      description = "Trusts a project's policy no more. Exits with 1 when it was not trusted.")
  static final class Untrust implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(
        paramLabel = "FILE",
        arity = "0..1",
        description = "Default: .ringfence/policy.json in the current directory or above.")
    private Path file;

    @Override
    public Integer call() throws Exception {
      Path named = named(file).toAbsolutePath().normalize();
      Path meant = Files.exists(named) ? named.toRealPath() : named;
      boolean was = new TrustedPolicies(StateDirectory.current()).untrust(meant);
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          (was ? "not trusted any more: " : "was not trusted: ")
              + Printable.name(meant.toString()));
      out.flush();
      return was ? ExitCode.OK : ExitCode.NO;
    }
  }

  /** Lists the trusted policies. */
  @Command(
      name = "trusted",
      mixinStandardHelpOptions = true,
      description = "Lists the project policies that were trusted, and whether they have changed.")
  static final class Trusted implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
      PrintWriter out = spec.commandLine().getOut();
      new TrustedPolicies(StateDirectory.current())
          .all()
          .forEach((path, hash) -> out.println(state(path, hash) + "  " + Printable.name(path)));
      out.flush();
      return ExitCode.OK;
    }

    private static String state(String path, String hash) {
      try {
        return ProjectPolicy.read(Path.of(path)).hash().equals(hash) ? "trusted" : "changed";
      } catch (IOException | InvalidPolicyException e) {
        return "gone   ";
      }
    }
  }
}
