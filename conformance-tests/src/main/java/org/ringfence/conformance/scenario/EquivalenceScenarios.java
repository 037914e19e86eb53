package org.ringfence.conformance.scenario;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;

/**
 * Where everything is granted, a sandbox must not be noticed: results, errors and the tree agree.
 */
public final class EquivalenceScenarios {
  private static final String GROUP = "equivalence";
  private static final int OPERATIONS = 3_000;
  private static final String CAPABILITIES = "capabilities ";

  private EquivalenceScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    for (int seed = 1; seed <= 4; seed++) {
      int drawn = seed;
      all.add(
          new ConformanceCase(
                  "EQ-NAMES-" + seed,
                  GROUP,
                  OPERATIONS + " operations on names end as without a sandbox, seed " + seed,
                  List.of("files.protected-names"),
                  stage -> names(stage, drawn))
              .permitting());
    }
  }

  private static Outcome names(TestContext stage, int seed) throws Exception {
    stage.posix().reset();
    Path inside = Files.createDirectory(stage.posix().workspace().resolve("random"));
    Path outside = Files.createDirectory(stage.posix().outside().resolve("random"));
    CapturedProcess execution;
    try (Sandbox sandbox =
        stage.open(stage.policy("protected"), List.of("files.protected-names"))) {
      execution = CapturedProcess.of(sandbox.start(SandboxCommand.of(probe(stage, inside, seed))));
    }
    List<String> command = probe(stage, outside, seed);
    String first = execution.output().lines().findFirst().orElse("");
    if (first.startsWith(CAPABILITIES)) {
      // Root may hold no capabilities inside: the comparison excludes their effects.
      command = new ArrayList<>(command);
      command.add(first.substring(CAPABILITIES.length()));
    }
    CapturedProcess control = CapturedProcess.of(new ProcessBuilder(command).start());
    if (!control.ok()) {
      return Outcome.failed("the control failed: " + control.result());
    }
    List<String> expected = control.output().lines().toList();
    List<String> got = execution.output().lines().toList();
    for (int i = 0; i < Math.min(expected.size(), got.size()); i++) {
      if (!expected.get(i).equals(got.get(i))) {
        return Outcome.failed(
            "without a sandbox '" + expected.get(i) + "', inside '" + got.get(i) + "'");
      }
    }
    return expected.size() == got.size()
        ? Outcome.passed()
        : Outcome.failed("the one tree has more than the other");
  }

  private static List<String> probe(TestContext stage, Path directory, int seed) {
    return stage
        .posix()
        .probe(
            List.of(
                "random-files",
                directory.toString(),
                Integer.toString(seed),
                Integer.toString(OPERATIONS)));
  }
}
