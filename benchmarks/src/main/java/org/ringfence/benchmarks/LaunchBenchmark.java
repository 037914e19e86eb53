package org.ringfence.benchmarks;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.json.Presets;

/** Measures starting {@code /bin/true} and waiting for it, in a sandbox and without one. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class LaunchBenchmark {
  /** The number of write rules in the policy. */
  @Param({"1", "4", "16"})
  public int rules;

  private Path workspace;
  private Sandbox sandbox;

  /**
   * Opens the sandbox.
   *
   * @throws IOException if it cannot be opened
   */
  @Setup
  public void open() throws IOException {
    workspace = Files.createTempDirectory("ringfence-benchmark-");
    PolicyBuilder policy = Presets.load("workspace-write").toBuilder();
    for (int i = 1; i < rules; i++) {
      policy.write(Files.createDirectory(workspace.resolve("root" + i)).toString());
    }
    sandbox = Sandbox.opener(policy.build()).workspace(workspace).backend("landlock").open();
  }

  /**
   * Closes the sandbox.
   *
   * @throws IOException if the workspace cannot be removed
   */
  @TearDown
  public void close() throws IOException {
    sandbox.close();
    try (var all = Files.walk(workspace)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /**
   * Launches in a sandbox.
   *
   * @return the exit value
   * @throws Exception if the launch fails
   */
  @Benchmark
  public int sandboxed() throws Exception {
    return sandbox.start(SandboxCommand.of("/bin/true")).waitFor();
  }

  /**
   * Launches without a sandbox.
   *
   * @return the exit value
   * @throws Exception if the launch fails
   */
  @Benchmark
  public int processBuilder() throws Exception {
    return new ProcessBuilder("/bin/true")
        .redirectInput(Redirect.PIPE)
        .directory(workspace.toFile())
        .start()
        .waitFor();
  }
}
