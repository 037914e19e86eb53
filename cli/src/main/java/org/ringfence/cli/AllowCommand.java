package org.ringfence.cli;

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
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.Places;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Allows in the project's policy the accesses that the last run was denied. */
@Command(
    name = "allow",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Adds what the last denied run in this workspace needs to the project's policy,"
          + " .ringfence/policy.json, after showing the difference and asking. The policy is made"
          + " when there is none, and is trusted as it is then.",
      "A run knows the denials that the sandbox decides itself; after 'run --report' also the files"
          + " that could not be opened.",
      "Exits with 1 when nothing was added.",
      ""
    })
final class AllowCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

  @Spec private CommandSpec spec;

  @Option(
      names = {"-C", "--workspace"},
      paramLabel = "DIR",
      description = "The workspace of the run. Default: the current directory.")
  private Path workspace = Path.of("");

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
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
    if (project.isPresent()) {
      trusted.demand(project.get());
    }
    Path file =
        project.map(ProjectPolicy::file).orElse(place.toRealPath().resolve(ProjectPolicy.NAME));
    String before = project.isPresent() ? plain(project.get()) : JsonText.of(begun(last));
    List<String> additions =
        last.denials().stream()
            .map(LastDenials.Denial::addition)
            .filter(addition -> !addition.isEmpty())
            .distinct()
            .toList();
    String after = new PolicyAdditions(place.toRealPath().toString()).added(before, additions);
    last.denials().stream()
        .filter(denial -> denial.addition().isEmpty())
        .forEach(
            denial ->
                out.println(Printable.of("not allowed: " + denial.what() + ": " + denial.why())));
    if (after.equals(before)) {
      out.println(
          additions.isEmpty()
              ? "nothing to add"
              : "nothing to add: "
                  + (project.isPresent() ? Printable.of(file.toString()) : "the policy of that run")
                  + " allows it already");
      out.flush();
      return ExitCode.NO;
    }
    SandboxPolicy policy =
        PolicyReader.combined(List.of(file.toString()), Map.of(file.toString(), after));
    EffectivePolicy.of(policy, Places.current(place));
    Confirmation confirmation = new Confirmation(out);
    confirmation.show(file.toString(), project.map(there -> before), after);
    if (!yes && !confirmation.agreed("write this and trust it?", "allow")) {
      return ExitCode.NO;
    }
    write(file, after, policy, place);
    trusted.trust(ProjectPolicy.read(file));
    LastDenials.forget(state, place);
    out.println("written and trusted: " + Printable.of(file.toString()));
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
  private static String plain(ProjectPolicy project) throws SandboxException {
    try {
      return JsonText.of(JsonText.read(project.text()));
    } catch (IOException e) {
      throw new SandboxException(
          "allow: "
              + project.file()
              + " is not plain JSON, and its comments would be lost; 'run --report' shows which"
              + " rules to add by hand",
          e);
    }
  }

  /** Begins a policy with the presets of the run. */
  private static Map<String, Object> begun(LastDenials last) throws SandboxException {
    for (String name : last.policies()) {
      if (!Presets.names().contains(name)) {
        throw new SandboxException(
            "allow: that run was under "
                + name
                + ", and only the project's policy is added to; 'run --report' shows what to add"
                + " there by hand");
      }
    }
    return Map.of("extends", last.policies());
  }

  private static void write(Path file, String text, SandboxPolicy policy, Path place)
      throws IOException {
    try {
      if (!Files.exists(file.getParent(), LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(file.getParent());
      }
      try (OutputFile.Replacement target =
          new OutputFile(file, EffectivePolicy.of(policy, Places.current(place))).replacing()) {
        target.writer().write(text);
        target.commit();
      }
    } catch (IOException e) {
      throw FileFailure.of("cannot write the policy", file.toString(), e);
    }
  }
}
