package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.conformance.container.ContainerEntry;
import org.ringfence.linux.BubblewrapBackend;

/**
 * Runs Ringfence in containers like those of Docker and Podman: the default seccomp profile, the
 * default capabilities, /proc with masked and read-only paths, and a read-only /sys.
 */
class ContainerTest {
  // moby/moby daemon/pkg/oci/defaults.go
  private static final String MOUNTS =
      "set -e; mount --make-rprivate /;"
          // The JVM's number must be none that a command's own process namespace has, too.
          + " { echo 4000 >/proc/sys/kernel/ns_last_pid; } 2>/dev/null || true;"
          + " for p in acpi scsi; do [ ! -d /proc/$p ] || mount -t tmpfs -o ro none /proc/$p; done;"
          + " for p in interrupts kcore keys latency_stats timer_list; do"
          + " [ ! -e /proc/$p ] || mount --bind /dev/null /proc/$p; done;"
          + " for p in bus fs irq sys sysrq-trigger; do [ ! -e /proc/$p ] ||"
          + " { mount --bind /proc/$p /proc/$p; mount -o remount,bind,ro /proc/$p; }; done;"
          + " mount -o remount,bind,ro /sys; \"$@\"";

  private static final String[] CASES = {
    "FW-CREATE", "FW-INSIDE", "NET-TCP4", "ESC-KILL", "LIFE-EXIT-SETSID"
  };

  private static final String MANUAL =
      "allow: pidfd_getfd; allow [argument 0 & 0x7e020080 == 0]: unshare";

  private static OrdinaryUser user;

  @TempDir Path workspace;

  @BeforeAll
  static void copyClasses() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/unshare")), "unshare (util-linux) is missing");
    user = OrdinaryUser.create();
  }

  @AfterAll
  static void deleteCopies() throws Exception {
    if (user != null) {
      user.close();
    }
  }

  private static ProcessBuilder in(
      String engine, String capability, String rule, List<String> command) {
    List<String> whole =
        new ArrayList<>(
            List.of("/usr/bin/unshare", "--mount", "--pid", "--ipc", "--uts", "--fork"));
    whole.addAll(List.of("--kill-child", "--mount-proc", "/bin/sh", "-c", MOUNTS, "sh"));
    whole.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xlog:disable",
            "-cp",
            System.getProperty("java.class.path"),
            ContainerEntry.class.getName(),
            engine,
            capability,
            rule));
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole);
    builder.environment().remove("TMPDIR");
    return builder;
  }

  /** Runs {@link ContainerGuest}, and returns its lines. */
  private static List<String> lines(
      String engine, String capability, String rules, ProcessBuilder guest) throws Exception {
    Process process =
        in(engine, capability, rules, guest.command())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output.lines().toList();
  }

  private static ProcessBuilder guestOfUser(String... cases) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(cases));
    arguments.add(0, user.directory("workspace-" + System.nanoTime()).toString());
    return user.java(ContainerGuest.class.getName(), arguments.toArray(String[]::new));
  }

  private ProcessBuilder guestOfRoot(String... cases) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:disable",
                "-cp",
                System.getProperty("java.class.path"),
                ContainerGuest.class.getName(),
                workspace.toString()));
    command.addAll(List.of(cases));
    return new ProcessBuilder(command);
  }

  private static List<String> of(List<String> lines, String backend) {
    return lines.stream().filter(line -> line.startsWith(backend + " | ")).toList();
  }

  private static void assertAllHold(List<String> lines, String backend) {
    assertThat(of(lines, backend))
        .contains(backend + " | available | [] | []")
        .hasSizeGreaterThan(CASES.length)
        .noneMatch(line -> line.contains(" | UNSUPPORTED | ") || line.contains(" | ADVISORY | "))
        .anyMatch(line -> line.startsWith(backend + " | files.protected-names | ENFORCED"));
    assertCasesPass(lines, backend);
  }

  private static void assertCasesPass(List<String> lines, String backend) {
    for (String each : CASES) {
      assertThat(of(lines, backend))
          .as("the cases %s", each)
          .anyMatch(line -> line.startsWith(backend + " | " + each));
    }
    assertThat(of(lines, backend))
        .filteredOn(line -> Stream.of(CASES).anyMatch(each -> line.contains(" | " + each)))
        .allMatch(line -> line.contains(" | PASS | "));
  }

  private static void assertDockerIsNamed(List<String> lines) {
    for (String id : List.of("files.protected-names", "network.own-loopback")) {
      assertThat(of(lines, "landlock"))
          .anyMatch(
              line ->
                  line.startsWith("landlock | " + id + " | UNSUPPORTED | ")
                      && line.contains("denies pidfd_getfd, unshare")
                      && line.contains("--security-opt seccomp=FILE"));
    }
    assertThat(of(lines, "landlock"))
        .filteredOn(line -> line.contains(" | UNSUPPORTED | ") || line.contains(" | ADVISORY | "))
        .hasSize(2);
    assertNoBubblewrap(lines);
  }

  /** Its remedy is no switch of the kernel: namespaces are denied by the profile. */
  private static void assertNoBubblewrap(List<String> lines) {
    assumeTrue(new BubblewrapBackend().probe().usable(), "there is no bubblewrap here");
    assertThat(of(lines, "bubblewrap"))
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains("unavailable", "in a container, a seccomp profile", "landlock needs none");
  }

  @Test
  void ordinaryUserInDockerGetsLandlockAndTheReasonOfEachGap() throws Exception {
    List<String> lines = lines("docker", "-", "-", guestOfUser(CASES));
    assertCasesPass(lines, "landlock");
    assertDockerIsNamed(lines);
  }

  @Test
  void rootInDockerGetsLandlockAndTheReasonOfEachGap() throws Exception {
    List<String> lines = lines("docker", "-", "-", guestOfRoot(CASES));
    assertCasesPass(lines, "landlock");
    assertDockerIsNamed(lines);
  }

  /** The capability alone opens pidfd_getfd, and no umask of a thread's own. */
  @Test
  void addedCapabilityLeavesOneCallDenied() throws Exception {
    assertThat(of(lines("docker", "CAP_SYS_PTRACE", "-", guestOfUser("FW-CREATE")), "landlock"))
        .anyMatch(
            line ->
                line.startsWith("landlock | files.protected-names | UNSUPPORTED | ")
                    && line.contains("denies unshare | "))
        .contains("landlock | FW-CREATE | PASS | ");
  }

  /** The two rules are those of docs/containers.md. */
  @Test
  void profileOfTheManualHoldsAllOfWorkspaceWrite() throws Exception {
    List<String> lines = lines("docker", "-", MANUAL, guestOfUser(CASES));
    assertAllHold(lines, "landlock");
    assertNoBubblewrap(lines);
  }

  @Test
  void ordinaryUserInPodmanGetsBothBackends() throws Exception {
    assumeTrue(new BubblewrapBackend().probe().usable(), "there is no bubblewrap here");
    List<String> lines = lines("podman", "-", "-", guestOfUser(CASES));
    assertAllHold(lines, "landlock");
    assertAllHold(lines, "bubblewrap");
  }
}
