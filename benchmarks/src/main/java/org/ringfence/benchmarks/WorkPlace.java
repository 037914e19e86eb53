package org.ringfence.benchmarks;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.PolicyReader;

/** A place where work is done: outside, in a sandbox of Ringfence, or in one of another program. */
abstract class WorkPlace {
  private final String name;

  private WorkPlace(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /** Starts a shell with a script in the workspace, and returns its output. */
  abstract String output(Path workspace, String script) throws Exception;

  /**
   * Returns the places of this machine.
   *
   * @param workspace the directory where commands write
   * @return outside first; programs that are not on the PATH are left out
   */
  static List<WorkPlace> all(Path workspace) throws IOException {
    List<WorkPlace> all = new ArrayList<>();
    all.add(program("outside", List.of()));
    if (isInstalled("bwrap")) {
      all.add(
          program(
              "bwrap",
              List.of(
                  "bwrap",
                  "--ro-bind",
                  "/",
                  "/",
                  "--dev",
                  "/dev",
                  "--proc",
                  "/proc",
                  "--bind",
                  workspace.toString(),
                  workspace.toString(),
                  "--unshare-all",
                  "--die-with-parent",
                  "--chdir",
                  workspace.toString())));
      all.add(ringfence("Ringfence bubblewrap", "bubblewrap", ProtectedNames.HOOKS_AND_CONFIG));
      all.add(ringfence("Ringfence existing", "bubblewrap", ProtectedNames.EXISTING));
    }
    all.add(ringfence("Ringfence landlock", "landlock", ProtectedNames.HOOKS_AND_CONFIG));
    if (isInstalled("codex")) {
      all.add(
          program(
              "codex",
              List.of("codex", "sandbox", "-P", ":workspace", "-C", workspace.toString(), "--")));
    }
    if (isInstalled("srt")) {
      Path settings =
          Files.writeString(
              workspace.resolveSibling("srt.json"),
              "{\"network\":{\"allowedDomains\":[],\"deniedDomains\":[]},\"filesystem\":"
                  + "{\"denyRead\":[],\"allowWrite\":[\""
                  + workspace
                  + "\"],\"denyWrite\":[]}}");
      all.add(program("srt", List.of("srt", "-s", settings.toString(), "--")));
    }
    return all;
  }

  static boolean isInstalled(String program) {
    for (String directory : System.getenv("PATH").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }

  private static WorkPlace program(String name, List<String> prefix) {
    return new WorkPlace(name) {
      @Override
      String output(Path workspace, String script) throws Exception {
        List<String> words = new ArrayList<>(prefix);
        words.addAll(List.of("/bin/sh", "-c", script));
        return read(
            new ProcessBuilder(words)
                .directory(workspace.toFile())
                .redirectError(Redirect.DISCARD)
                .start());
      }
    };
  }

  /**
   * The level existing searches at the opening, so each piece of work gets a sandbox of its own.
   */
  private static WorkPlace ringfence(String name, String backend, ProtectedNames level) {
    UnaryOperator<PolicyBuilder> more = policy -> policy.protectedNames(level);
    return new WorkPlace(name) {
      @Override
      String output(Path workspace, String script) throws Exception {
        SandboxPolicy policy =
            more.apply(PolicyReader.presetOrFile("workspace-write").toBuilder()).build();
        try (Sandbox sandbox =
            Sandbox.opener(policy).workspace(workspace).backend(backend).open()) {
          return read(
              sandbox.start(
                  SandboxCommand.of("/bin/sh", "-c", script).redirectError(Redirect.DISCARD)));
        } catch (SandboxException e) {
          throw new IOException(name + ": " + e.getMessage(), e);
        }
      }
    };
  }

  private static String read(Process process) throws Exception {
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    process.waitFor();
    return output.strip();
  }
}
