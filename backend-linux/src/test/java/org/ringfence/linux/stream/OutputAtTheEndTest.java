package org.ringfence.linux.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** Checks output and its pipes at the end of a command. */
class OutputAtTheEndTest {
  private static final int RUNS = 20;

  @TempDir private Path workspace;

  private Sandbox open(String backend, SandboxPolicy policy) throws Exception {
    var plan =
        Backends.load()
            .byId(backend)
            .plan(EffectivePolicy.of(policy, PathContext.current(workspace)));
    assumeTrue(
        plan.acceptable(), () -> "refused here: " + plan.availability().reasons() + plan.unmet());
    return Sandbox.opener(policy).workspace(workspace).backend(backend).open();
  }

  private static SandboxPolicy limited() {
    return Presets.load("workspace-write").toBuilder().outputBytes(1_000).build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void outputBeyondTheLimitIsReportedAfterANormalEnd(String backend) throws Exception {
    try (Sandbox sandbox = open(backend, limited())) {
      for (int run = 0; run < RUNS; run++) {
        SandboxedProcess process =
            sandbox.start(SandboxCommand.of("/bin/sh", "-c", "yes | head -c 5000; exit 0"));
        // The test does not read yet: the bytes are still in the pipe at the end.
        process.waitFor();
        assertThat(process.termination().orElseThrow().cause())
            .isEqualTo(Termination.Cause.OUTPUT_LIMIT);
        assertThat(process.exitValue()).isNotZero();
        assertThat(process.getInputStream().readAllBytes()).hasSize(1_000);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void outputUpToTheLimitIsAllowed(String backend) throws Exception {
    try (Sandbox sandbox = open(backend, limited())) {
      SandboxedProcess process =
          sandbox.start(SandboxCommand.of("/bin/sh", "-c", "yes | head -c 1000"));
      process.waitFor();
      assertThat(process.termination().orElseThrow().cause()).isEqualTo(Termination.Cause.EXITED);
      assertThat(process.getInputStream().readAllBytes()).hasSize(1_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void redirectedOutputIsCompleteWhenTheEndIsReported(String backend) throws Exception {
    Path file = workspace.resolve("output");
    try (Sandbox sandbox = open(backend, limited())) {
      for (int run = 0; run < RUNS; run++) {
        SandboxedProcess process =
            sandbox.start(
                SandboxCommand.of("/bin/sh", "-c", "echo " + run + "; seq 100")
                    .redirectOutput(ProcessBuilder.Redirect.to(file.toFile())));
        process.waitFor();
        assertThat(Files.readString(file)).startsWith(run + "\n1\n").endsWith("\n100\n");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void streamsOfThisJvmStayOpenAfterACommandInheritedThem(String backend) throws Exception {
    Path own = Path.of("/proc/self/fd/2");
    Path before = Files.readSymbolicLink(own);
    try (Sandbox sandbox = open(backend, limited())) {
      sandbox
          .start(
              SandboxCommand.of("/bin/true")
                  .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                  .redirectError(ProcessBuilder.Redirect.INHERIT))
          .waitFor();
    }
    assertThat(Files.readSymbolicLink(own)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void streamsOfEndedCommandsHoldNoDescriptors(String backend) throws Exception {
    List<SandboxedProcess> kept = new ArrayList<>();
    try (Sandbox sandbox = open(backend, Presets.load("workspace-write"))) {
      for (int run = 0; run < RUNS; run++) {
        kept.add(runToEnd(sandbox));
      }
      long before = descriptors();
      for (int run = 0; run < 5 * RUNS; run++) {
        kept.add(runToEnd(sandbox));
      }
      assertThat(descriptors()).isLessThan(before + RUNS);
      for (SandboxedProcess process : kept) {
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
            .isEqualTo("said\n");
      }
    }
  }

  private static SandboxedProcess runToEnd(Sandbox sandbox) throws Exception {
    SandboxedProcess process = sandbox.start(SandboxCommand.of("/bin/sh", "-c", "echo said"));
    process.waitFor();
    return process;
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }
}
