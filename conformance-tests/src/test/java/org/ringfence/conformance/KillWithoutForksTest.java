package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.json.Presets;
import org.ringfence.spi.SandboxBackend;

/**
 * Kills a JVM while the processes of its sandbox have used up all that the user may have, so that
 * the watchdog cannot fork. The test takes forks from the watchdog alone.
 */
@EnabledOnOs(OS.LINUX)
class KillWithoutForksTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String PRLIMIT = "/usr/bin/prlimit";
  // One in the command's group, one in a session of its own, one in a group without its leader.
  private static final String SLEEPERS =
      "setsid sleep 1000 & setsid sh -c 'sleep 1000 & exit'; sleep 0.2; echo up; sleep 1000";

  private static SandboxBackend backend(String name) {
    return switch (name) {
      case "landlock" -> new LandlockBackend();
      case "landlock without scopes" -> OlderLandlock.backend();
      default -> new BubblewrapBackend();
    };
  }

  /** A JVM with a command. */
  static final class Sandboxing {
    private Sandboxing() {}

    public static void main(String[] args) throws Exception {
      Sandbox sandbox =
          Sandbox.opener(Presets.load("workspace-write"))
              .workspace(Path.of(args[0]))
              .backends(Backends.of(List.of(backend(args[1]))))
              .open();
      Process command = sandbox.start(sandbox.command("sh", "-c", SLEEPERS).command());
      System.out.println(command.inputReader().readLine());
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "landlock without scopes", "bubblewrap"})
  void sandboxOfKilledJvmEndsThoughItsWatchdogCannotFork(String name) throws Exception {
    assumeTrue(backend(name).probe().usable(), () -> "no " + name + " here");
    assumeTrue(Files.isExecutable(Path.of(PRLIMIT)), "prlimit (util-linux) is missing");
    // Root may fork as often as it likes.
    try (OrdinaryUser user = OrdinaryUser.create()) {
      Path workspace = user.directory("workspace");
      Process jvm = user.java(Sandboxing.class.getName(), workspace.toString(), name).start();
      Set<ProcessHandle> below = Set.of();
      try (BufferedReader said = jvm.inputReader()) {
        assertThat(said.readLine()).isEqualTo("up");
        ProcessHandle watchdog = watchdogOf(jvm);
        below = sleepers(workspace);
        assertThat(below).hasSizeGreaterThanOrEqualTo(3);
        assertThat(forbidForks(watchdog)).isZero();
        jvm.destroyForcibly().waitFor();
        Instant end = Instant.now().plus(PATIENCE);
        while (below.stream().anyMatch(ProcessHandle::isAlive) && Instant.now().isBefore(end)) {
          Thread.sleep(20);
        }
        assertThat(below).noneMatch(ProcessHandle::isAlive);
      } finally {
        jvm.destroyForcibly();
        below.forEach(ProcessHandle::destroyForcibly);
      }
    }
  }

  /** As the process's own user: root of a container may lack CAP_SYS_RESOURCE. */
  private static int forbidForks(ProcessHandle process) throws Exception {
    String user = Integer.toString(OrdinaryUser.ID);
    return new ProcessBuilder(
            List.of(
                "/usr/bin/setpriv",
                "--reuid=" + user,
                "--regid=" + user,
                "--clear-groups",
                PRLIMIT,
                "--nproc=0:0",
                "--pid",
                Long.toString(process.pid())))
        .inheritIO()
        .start()
        .waitFor();
  }

  private static ProcessHandle watchdogOf(Process jvm) {
    try (Stream<ProcessHandle> children = jvm.children()) {
      return children
          .filter(
              each ->
                  List.of(each.info().arguments().orElse(new String[0]))
                      .contains("ringfence-watchdog"))
          .findFirst()
          .orElseThrow();
    }
  }

  /** Returns the processes whose working directory is the workspace. */
  private static Set<ProcessHandle> sleepers(Path workspace) {
    return ProcessHandle.allProcesses()
        .filter(
            each -> {
              try {
                return Files.readSymbolicLink(Path.of("/proc/" + each.pid() + "/cwd"))
                    .equals(workspace);
              } catch (IOException e) {
                // It has ended.
                return false;
              }
            })
        .collect(Collectors.toSet());
  }
}
