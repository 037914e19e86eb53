package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.ringfence.SandboxException;
import org.ringfence.cli.confirm.Confirmation;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.policy.OutputFile;
import org.ringfence.cli.policy.PolicyAdditions;
import org.ringfence.cli.policy.PolicyNames;
import org.ringfence.cli.policy.ProjectPolicy;
import org.ringfence.cli.policy.StateDirectory;
import org.ringfence.cli.policy.TrustedPolicies;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.cli.run.LastDenials;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Allows in a policy the accesses that the last run under it was denied. */
@Command(
    name = "allow",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Adds the grants that the last denied run needs to a policy, after asking.",
      "Shows the difference first. Adds to the policy file of that run, or else to the project's"
          + " policy, .ringfence/policy.json. That one is made when there is none, and is trusted"
          + " as it is then.",
      "A run knows the denials that the sandbox decides itself; after 'run --report' also the files"
          + " that could not be opened.",
      "Exits with 1 when nothing was added.",
      ""
    })
public final class AllowCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

  @Spec private CommandSpec spec;

  @Option(
      names = {"-C", "--workspace"},
      paramLabel = "DIR",
      description = "The workspace of the run. Default: the current directory.")
  private Path workspace = Path.of("");

  @Option(
      names = {"-y", "--yes"},
      description =
          "Do not ask. Services near this machine (its own ports, sockets, hosts of its network)"
              + " are not allowed without the question.")
  private boolean yes;

  @Override
  public Integer call() throws Exception {
    StateDirectory state = StateDirectory.current();
    Path place = workspace.toAbsolutePath().normalize();
    LastDenials last =
        LastDenials.of(state, place)
            .orElseThrow(
                () ->
                    new SandboxException(
                        "allow: no run in "
                            + place
                            + " was denied something that is not allowed by now; first: ringfence"
                            + " run --report -- COMMAND"));
    PrintWriter out = spec.commandLine().getOut();
    tell(out, last);
    Optional<ProjectPolicy> project = ProjectPolicy.above(place);
    TrustedPolicies trusted = new TrustedPolicies(state);
    Optional<ProjectPolicy> used = used(last, project);
    Path file =
        used.map(ProjectPolicy::file).orElse(place.toRealPath().resolve(ProjectPolicy.NAME));
    boolean ofProject = used.equals(project);
    if (ofProject && project.isPresent()) {
      trusted.demand(project.get());
    }
    String before =
        used.isPresent() ? plain(used.get()) : JsonText.of(Map.of("extends", last.policies()));
    List<String> additions =
        last.denials().stream()
            .filter(denial -> !yes || !denial.near())
            .map(LastDenials.Denial::addition)
            .filter(addition -> !addition.isEmpty())
            .distinct()
            .toList();
    String after = new PolicyAdditions(place.toRealPath().toString()).added(before, additions);
    if (yes) {
      last.denials().stream()
          .filter(LastDenials.Denial::near)
          .forEach(
              denial ->
                  out.println(
                      "not allowed with --yes: "
                          + Printable.name(denial.what())
                          + ": the service there acts outside the sandbox; 'ringfence allow' asks"));
    }
    last.denials().stream()
        .filter(denial -> denial.addition().isEmpty())
        .forEach(
            denial ->
                out.println(
                    "not allowed: "
                        + Printable.name(denial.what())
                        + ": "
                        + Printable.of(denial.why())));
    if (after.equals(before)) {
      out.println(
          additions.isEmpty()
              ? "nothing to add"
              : "nothing to add: "
                  + (used.isPresent() ? Printable.name(file.toString()) : "the policy of that run")
                  + " allows it already");
      out.flush();
      return ExitCode.NO;
    }
    SandboxPolicy policy =
        PolicyReader.combined(List.of(file.toString()), Map.of(file.toString(), after));
    EffectivePolicy.of(policy, PathContext.current(place));
    Confirmation confirmation = new Confirmation(out);
    confirmation.show(file.toString(), used.map(there -> before), after);
    if (!yes
        && !confirmation.agreed(ofProject ? "write this and trust it?" : "write this?", "allow")) {
      return ExitCode.NO;
    }
    write(file, after, policy, place);
    if (ofProject) {
      // Not the file's content, which another program may have changed since.
      trusted.trust(ProjectPolicy.of(file.toRealPath(), after));
    }
    LastDenials.forget(state, place);
    out.println(
        (ofProject ? "written and trusted: " : "written: ") + Printable.name(file.toString()));
    out.flush();
    return ExitCode.OK;
  }

  /** Identifies the run: another one may have come in between, or been forgotten. */
  private static void tell(PrintWriter out, LastDenials last) {
    LastDenials.Run run = last.run();
    int count = last.denials().size();
    out.println(
        "the run of '"
            + Printable.of(run.program())
            + "' that ended at "
            + TIME.format(run.ended().atZone(ZoneId.systemDefault()))
            + " was denied "
            + (count == 1 ? "1 operation" : count + " operations"));
    if (!run.reported()) {
      out.println(
          "it was run without --report: files that the kernel alone kept from it are not among them");
    }
  }

  /**
   * Formats the policy as this program writes JSON, so that the difference shows the additions
   * only.
   */
  private static String plain(ProjectPolicy policy) throws SandboxException {
    try {
      return JsonText.of(JsonText.read(policy.text()));
    } catch (IOException e) {
      throw new SandboxException(
          "allow: "
              + policy.file()
              + " is not plain JSON, and its comments would be lost; 'run --report' shows which"
              + " rules to add by hand",
          e);
    }
  }

  /**
   * Returns the policy that the run used and that is added to: its file, or the project's policy
   * when it used presets alone; empty when that is still to be made.
   */
  private static Optional<ProjectPolicy> used(LastDenials last, Optional<ProjectPolicy> project)
      throws IOException {
    List<String> others =
        last.policies().stream().filter(name -> !Presets.names().contains(name)).toList();
    if (!PolicyNames.extendable(others).equals(others)) {
      throw new SandboxException(
          "allow: the policy of that run was a text, so there is no file to add to; 'run --report'"
              + " shows what to add to it by hand");
    }
    if (others.size() > 1) {
      throw new SandboxException(
          "allow: that run was under several files: "
              + String.join(", ", others)
              + "; 'run --report' shows what to add to one of them by hand");
    }
    if (others.isEmpty()) {
      return project;
    }
    Path file = Path.of(others.get(0));
    return project.isPresent() && project.get().file().equals(file)
        ? project
        : Optional.of(ProjectPolicy.read(file, "cannot read the policy of that run"));
  }

  private static void write(Path file, String text, SandboxPolicy policy, Path place)
      throws IOException {
    try {
      if (!Files.exists(file.getParent(), LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(file.getParent());
      }
      try (OutputFile.Replacement target =
          new OutputFile(file, EffectivePolicy.of(policy, PathContext.current(place)))
              .replacing()) {
        target.writer().write(text);
        target.commit();
      }
    } catch (IOException e) {
      throw FileFailure.of("cannot write the policy", file.toString(), e);
    }
  }
}
