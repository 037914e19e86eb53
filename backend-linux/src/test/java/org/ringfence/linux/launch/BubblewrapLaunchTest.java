package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.probe.BubblewrapProbe;
import org.ringfence.linux.probe.HostProbe;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.EventSink;

/** Checks launches through bubblewrap. */
class BubblewrapLaunchTest {
  private static final int LAUNCHES = 100;

  @TempDir private Path workspace;

  @BeforeEach
  void assumeBubblewrap() {
    SandboxPlan plan =
        new BubblewrapBackend()
            .plan(
                EffectivePolicy.of(
                    Presets.load("workspace-write"), PathContext.current(workspace)));
    assumeTrue(
        plan.acceptable(), () -> "refused here: " + plan.availability().reasons() + plan.unmet());
  }

  private Sandbox open(PolicyBuilder policy) throws SandboxException {
    return Sandbox.opener(policy.build()).workspace(workspace).backend("bubblewrap").open();
  }

  private static PolicyBuilder writing() {
    return Presets.load("workspace-write").toBuilder();
  }

  @Test
  void processListShowsNothingOfThePolicy() throws Exception {
    PolicyBuilder policy = writing().variable("TELLING", "telling-value");
    try (Sandbox sandbox = open(policy)) {
      Process process = sandbox.start(SandboxCommand.of("sleep", "100"));
      Path directory = Path.of("/proc/" + process.pid());
      assertThat(commandLineOf(directory).split("\0"))
          .containsExactly("bwrap", "--args", "3", "--", "/usr/bin/sleep", "100");
      assertThat(Files.readString(directory.resolve("environ"))).doesNotContain("telling-value");
      process.destroyForcibly().waitFor();
    }
  }

  /**
   * Waits for the command line: it is empty until the kernel has set it up, after exec has returned
   * to the starter.
   */
  private static String commandLineOf(Path process) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    String line;
    do {
      line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
    } while (line.isEmpty() && System.nanoTime() < end);
    return line;
  }

  /** Bubblewrap must not load a library that a command left in the workspace. */
  @Test
  void bubblewrapItselfGetsNoEnvironment() throws Exception {
    PolicyBuilder policy = writing().variable("LD_PRELOAD", "/no/such/library.so");
    try (Sandbox sandbox = open(policy)) {
      Process process =
          sandbox.start(SandboxCommand.of("sh", "-c", "exit 3").redirectErrorStream(true));
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isEqualTo(3);
      assertThat(output.lines().filter(line -> line.contains("LD_PRELOAD")).count())
          .as("only the command's own loader complains: " + output)
          .isEqualTo(1);
    }
  }

  @Test
  void bubblewrapThatACommandCouldReplaceIsRefused() {
    Path bwrap = Path.of("/usr/bin/bwrap");
    assumeTrue(Files.exists(bwrap), "bwrap is elsewhere");
    SandboxPlan plan =
        new BubblewrapBackend()
            .plan(
                EffectivePolicy.of(
                    writing().write("/usr").build(), PathContext.current(workspace)));
    assertThat(plan.acceptable()).isFalse();
    assertThat(plan.availability().reasons().toString()).contains("grants writing");
  }

  /** A JVM that probes for bubblewrap from its own working directory. */
  static final class Probing {
    private Probing() {}

    public static void main(String[] arguments) {
      System.out.println(BubblewrapProbe.probe().availability().usable());
    }
  }

  private String probedFrom(Path directory) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Probing.class.getName());
    builder.environment().put("PATH", workspace + ":" + System.getenv("PATH"));
    Process jvm = builder.directory(directory.toFile()).start();
    String told = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    jvm.waitFor();
    return told.strip();
  }

  @Test
  void probeIgnoresBubblewrapOnThePath() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/bwrap")), "bwrap is elsewhere");
    Path ran = workspace.resolve("ran");
    Path planted = workspace.resolve("bwrap");
    Files.writeString(planted, "#!/bin/sh\necho >" + ran + "\nexec /usr/bin/bwrap \"$@\"\n");
    planted.toFile().setExecutable(true);
    assertThat(probedFrom(Path.of("/"))).isEqualTo("true");
    assertThat(probedFrom(workspace)).isEqualTo("true");
    assertThat(ran).doesNotExist();
  }

  @Test
  void openFailsWhenBubblewrapCannotSetUpTheSandbox() throws Exception {
    HostFacts facts = HostProbe.probe(Arch.current().orElseThrow());
    EffectivePolicy policy = EffectivePolicy.of(writing().build(), PathContext.current(workspace));
    assertThatThrownBy(
            () ->
                LinuxSession.openInNamespaces(
                    new Kernel(facts.arch().orElseThrow()),
                    facts,
                    policy,
                    new BubblewrapFeatures("/bin/false", "0.8.0", true, false),
                    EventSink.NONE))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("cannot be set up");
  }

  @Test
  void hiddenPathsCannotBeExecutedOrEntered() throws Exception {
    Path hidden = Files.createDirectory(workspace.resolve("hidden"));
    Path program = Files.writeString(hidden.resolve("program"), "#!/bin/sh\n");
    program.toFile().setExecutable(true);
    try (Sandbox sandbox = open(writing().none(hidden.toString()))) {
      assertThatThrownBy(() -> sandbox.start(SandboxCommand.of(program.toString())))
          .isInstanceOf(CommandNotFoundException.class)
          .hasMessageContaining("the policy denies");
      assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("true").directory(hidden)))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("cannot be entered");
    }
    try (Sandbox sandbox = open(writing())) {
      assertThat(sandbox.start(SandboxCommand.of(program.toString())).waitFor()).isZero();
    }
  }

  @Test
  void ruleThroughAWritableLinkIsRefused() throws Exception {
    Path data = Files.createDirectory(workspace.resolve("data"));
    Files.createSymbolicLink(workspace.resolve("link"), data);
    Files.createDirectory(data.resolve("secret"));
    PolicyBuilder policy = writing().none(":workspace/link/secret");
    assertThatThrownBy(() -> open(policy))
        .isInstanceOf(SandboxRefusedException.class)
        .hasMessageContaining("symbolic link");
    open(writing().none(":workspace/data/secret")).close();
  }

  @Test
  void launchesLeaveNeitherThreadsNorDescriptors() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      launch(sandbox, 10);
      long descriptors = descriptors();
      launch(sandbox, LAUNCHES);
      for (int i = 0; i < 500 && descriptors() > descriptors; i++) {
        Thread.sleep(10);
      }
      assertThat(descriptors()).isLessThanOrEqualTo(descriptors);
    }
  }

  private static void launch(Sandbox sandbox, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      Process process =
          sandbox.start(
              SandboxCommand.of(List.of("sh", "-c", "exit 7"))
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                  .redirectError(ProcessBuilder.Redirect.DISCARD));
      process.getOutputStream().close();
      assertThat(process.waitFor()).isEqualTo(7);
    }
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }
}
