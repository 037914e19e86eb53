package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.json.Presets;

/** Runs Ringfence inside containers and other sandboxes. */
class NestedTest {
  private Path base;
  private Path workspace;
  private Path outside;

  @BeforeEach
  void createDirectories() throws IOException {
    base = Files.createTempDirectory(Path.of("/var/tmp"), "ringfence-nested-");
    workspace = Files.createDirectory(base.resolve("workspace"));
    outside = Files.createDirectory(base.resolve("outside"));
  }

  @AfterEach
  void deleteDirectories() throws IOException {
    PosixFixture.deleteTree(base);
  }

  private List<String> host(String... bestEffort) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(NestedHost.class.getName());
    command.add(workspace.toString());
    command.add(outside.toString());
    command.addAll(List.of(bestEffort));
    return command;
  }

  /**
   * Returns the paths that a JVM of this build needs and that a container or a sandbox would hide.
   */
  private static List<Path> ownCode() {
    return Stream.concat(
            Stream.of(System.getProperty("java.home")),
            Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)))
        .map(Path::of)
        .filter(Files::exists)
        .filter(path -> path.startsWith("/tmp"))
        .toList();
  }

  /** Runs a command in a container like an ordinary user's, with additional options. */
  private CapturedProcess inContainer(List<String> options, List<String> command) throws Exception {
    assumeTrue(new BubblewrapBackend().probe().usable(), "there is no bubblewrap to nest in");
    List<String> whole = new ArrayList<>(List.of("/usr/bin/bwrap", "--unshare-all"));
    whole.addAll(List.of("--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev"));
    whole.addAll(List.of("--proc", "/proc", "--tmpfs", "/tmp"));
    // This build may lie below /tmp.
    for (Path own : ownCode()) {
      whole.addAll(List.of("--ro-bind", own.toString(), own.toString()));
    }
    whole.addAll(List.of("--bind", base.toString(), base.toString()));
    whole.addAll(options);
    whole.add("--");
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole);
    builder.environment().remove("TMPDIR");
    return CapturedProcess.of(builder.start());
  }

  private void assertSandboxWorks(CapturedProcess execution) {
    assertThat(execution.exit()).as(execution.error()).isZero();
    assertThat(execution.output()).endsWith(" tmp in false\n");
    assertThat(outside).isEmptyDirectory();
  }

  @Test
  void controlWritesOutsideWithoutASandbox() throws Exception {
    CapturedProcess execution =
        inContainer(
            List.of(), List.of("/bin/sh", "-c", "echo out > " + outside.resolve("planted")));
    assertThat(execution.exit()).isZero();
    assertThat(outside.resolve("planted")).exists();
  }

  @Test
  void sandboxWorksInAContainerOfAnOrdinaryUser() throws Exception {
    assertSandboxWorks(inContainer(List.of(), host()));
  }

  @Test
  void sandboxWorksWithoutSys() throws Exception {
    assertSandboxWorks(inContainer(List.of("--tmpfs", "/sys"), host()));
  }

  @Test
  void sandboxWorksWithReadOnlyDev() throws Exception {
    assertSandboxWorks(inContainer(List.of("--remount-ro", "/dev"), host()));
  }

  @Test
  void sandboxWorksForAUserWithoutAPasswdEntry() throws Exception {
    assertSandboxWorks(inContainer(List.of("--uid", "65534", "--gid", "65534"), host()));
  }

  /** A process can have only one seccomp listener above it, so the inner sandbox has none. */
  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void sandboxWorksInsideAnotherSandboxWithWeakerGuarantees(String outer) throws Exception {
    assumeTrue(
        !outer.equals("bubblewrap") || new BubblewrapBackend().probe().usable(),
        "there is no bubblewrap to nest in");
    PolicyBuilder policy =
        Presets.load("workspace-write").toBuilder()
            .protectedNames(ProtectedNames.OFF)
            .write(base.toString());
    ownCode().forEach(own -> policy.read(own.toString()));
    try (Sandbox sandbox =
        Sandbox.opener(policy.build()).workspace(workspace).backend(outer).open()) {
      CapturedProcess refused = CapturedProcess.of(sandbox.start(SandboxCommand.of(host())));
      assertThat(refused.exit()).isNotZero();
      assertThat(refused.error()).contains("outer sandbox already has a seccomp listener");
      assertSandboxWorks(
          CapturedProcess.of(
              sandbox.start(
                  SandboxCommand.of(host("files.protected-names", "network.own-loopback")))));
    }
  }
}
