package org.ringfence.conformance.fuzz;

import java.nio.file.Path;
import java.util.List;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.json.Presets;

/**
 * The conditions of a sequence.
 *
 * @param backend the backend's id
 * @param names the level of protected names
 * @param globs whether globs of several components deny names
 * @param carved whether rules deny parts of the workspace
 * @param limited whether the policy limits the size of files
 * @param input the standard input: none, or a file or directory in the host's temporary directory
 * @param runs the number of sandboxes of the same policy that run one after the other
 */
record Scenario(
    String backend,
    ProtectedNames names,
    boolean globs,
    boolean carved,
    boolean limited,
    String input,
    int runs) {
  /** The largest file in bytes, if limited. */
  static final long FILE_SIZE = 1 << 20;

  /** Returns all scenarios of a backend. */
  static List<Scenario> all(String backend) {
    boolean mounts = backend.equals("bubblewrap");
    return List.of(
        new Scenario(backend, ProtectedNames.HOOKS_AND_CONFIG, true, mounts, true, "none", 1),
        new Scenario(backend, ProtectedNames.OFF, true, false, false, "none", 1),
        new Scenario(backend, ProtectedNames.OFF, false, false, false, "none", 2),
        new Scenario(backend, ProtectedNames.HOOKS_AND_CONFIG, false, mounts, false, "file", 1),
        new Scenario(backend, ProtectedNames.OFF, false, mounts, false, "directory", 1),
        new Scenario(backend, ProtectedNames.HOOKS_AND_CONFIG, true, mounts, false, "directory", 1),
        new Scenario(backend, ProtectedNames.READ_ONLY, true, mounts, true, "none", 2),
        new Scenario(backend, ProtectedNames.OFF, false, false, false, "file", 1));
  }

  static Scenario parse(String text) {
    String[] words = text.split(" ");
    return new Scenario(
        words[0],
        ProtectedNames.valueOf(words[1]),
        Boolean.parseBoolean(words[2]),
        Boolean.parseBoolean(words[3]),
        Boolean.parseBoolean(words[4]),
        words[5],
        Integer.parseInt(words[6]));
  }

  /** Returns the scenario without rules that a backend of additive rights cannot enforce. */
  Scenario withoutCarving() {
    return new Scenario(backend, names, globs, false, limited, input, runs);
  }

  @Override
  public String toString() {
    return String.join(
        " ",
        backend,
        names.name(),
        Boolean.toString(globs),
        Boolean.toString(carved),
        Boolean.toString(limited),
        input,
        Integer.toString(runs));
  }

  SandboxPolicy policy(Path root, Path host, Path control) {
    PolicyBuilder builder =
        Presets.load("workspace-write").toBuilder()
            .protectedNames(names)
            .strictness(Strictness.Mode.BEST_EFFORT)
            .write(root.resolve("out").toString())
            .write(control.toString());
    if (globs) {
      builder.denyGlobs(List.of("secret/*.key", "**/conf/prod/*.pem"));
    }
    if (carved) {
      builder
          .none(root.resolve("ws/denied").toString())
          .none(root.resolve("ws/deniedfile").toString())
          .none(root.resolve("hidden").toString())
          .none(host.resolve("secret").toString());
    }
    builder.read(root.resolve("ws/ro").toString());
    if (limited) {
      builder.fileSize(FILE_SIZE);
    }
    return builder.build();
  }

  /**
   * Returns the standard input below the host's directory: never a device, which would belong to
   * the machine.
   */
  Path input(Path host) {
    return switch (input) {
      case "file" -> host.resolve("input");
      case "directory" -> host.resolve("d");
      default -> host.resolve("empty");
    };
  }
}
