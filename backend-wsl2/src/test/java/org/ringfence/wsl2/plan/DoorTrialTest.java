package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxException;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;

class DoorTrialTest {
  private static final PathContext PLACES =
      PathContext.of(PathStyle.POSIX, "/mnt/c/work", "/home/me");
  private static final List<String> DOORS = List.of("/mnt/c", "/run/WSL", "/init", "/mnt/d");

  private static DoorTrial trial(SandboxPolicy policy) {
    Map<String, List<String>> entries =
        Map.of(
            "/mnt/c", List.of("work", "Users", "Windows", "pagefile.sys"),
            "/run/WSL", List.of("8_interop"));
    EffectivePolicy inside = EffectivePolicy.of(DoorMounts.shut(policy, PLACES, DOORS), PLACES);
    return DoorTrial.of(inside, DOORS, door -> entries.getOrDefault(door, List.of()));
  }

  @Test
  void probesLeaveOutThePathsThatRulesOpen() {
    assertThat(trial(SandboxPolicy.builder().write("/mnt/c/work").read("/mnt/d").build()).probes())
        .containsExactly(
            "/mnt/c/Users", "/mnt/c/Windows", "/run/WSL/8_interop", "/run/WSL", "/init");
    assertThat(trial(SandboxPolicy.builder().build()).probes())
        .contains("/mnt/c/work", "/mnt/c", "/mnt/d");
  }

  @Test
  void eachOfManyDoorsIsTried() {
    List<String> doors = IntStream.range(0, 1000).mapToObj(i -> "/mnt/drives/" + i).toList();
    EffectivePolicy inside =
        EffectivePolicy.of(DoorMounts.shut(SandboxPolicy.builder().build(), PLACES, doors), PLACES);
    DoorTrial trial = DoorTrial.of(inside, doors, door -> List.of());
    assertThat(trial.probes()).isEqualTo(doors);
    assertThat(trial.parts()).hasSizeGreaterThan(1);
    assertThat(trial.parts().stream().flatMap(part -> part.probes().stream())).isEqualTo(doors);
    assertThat(new DoorTrial(List.of()).parts()).hasSize(1);
  }

  private static void refused(DoorTrial trial, String outside, String inside, String reason) {
    assertThatThrownBy(() -> trial.demandShut(outside, inside))
        .isInstanceOf(SandboxException.class)
        .hasMessageStartingWith("wsl.doors: ")
        .hasMessageContaining(reason)
        .hasMessageContaining("--best-effort wsl.doors");
  }

  @Test
  void doorIsOpenOnlyIfItLeadsOutWithoutASandboxToo() throws Exception {
    DoorTrial trial = new DoorTrial(List.of("/init", "/mnt/c"));
    String outside = "open 0\nopen AF_VSOCK\nend of doors\n";
    trial.demandShut(outside, "open 1\nshut AF_VSOCK\nend of doors\n");
    trial.demandShut("end of doors\n", "end of doors\n");
    trial.demandShut("shut AF_VSOCK\nend of doors\n", "end of doors\n");
    refused(
        trial,
        outside,
        "open 0\nshut AF_VSOCK\nend of doors\n",
        "open from inside the sandbox: /init;");
    refused(trial, outside, "open AF_VSOCK\nend of doors\n", "sandbox: sockets of");
  }

  @Test
  void trialThatFailsSaysSoAndCallsNoDoorOpen() {
    DoorTrial trial = new DoorTrial(List.of());
    refused(trial, "end of doors\n", "sh: not found\n", "in the sandbox: sh: not found");
    refused(trial, "", "end of doors\n", "without a sandbox");
    refused(trial, "open AF_VSOCK\nend of doors\n", "end of doors\n", "neither perl nor python3");
  }

  @Test
  void policyThatHidesTheProgramsOfTheTrialSaysWhich() {
    assertThat(problem(SandboxPolicy.builder())).isEmpty();
    assertThat(problem(SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL))).isEmpty();
    assertThat(problem(SandboxPolicy.builder().none("/bin/sh")).orElseThrow()).contains("/bin/sh");
    assertThat(problem(SandboxPolicy.builder().none("/usr/bin/perl").none("/bin/perl")))
        .as("python3 is there")
        .isEmpty();
    assertThat(
            problem(SandboxPolicy.builder().none("/usr/bin").none("/bin/perl").none("/bin/python3"))
                .orElseThrow())
        .contains("/usr/bin/perl");
  }

  private static Optional<String> problem(PolicyBuilder policy) {
    PathContext there = PLACES.lookedUp(PathLookup.NONE);
    return DoorTrial.problem(EffectivePolicy.of(policy.build(), there));
  }

  /** An earlier command may have put programs of its own into a directory of the path. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "runs a shell of Linux")
  void scriptTakesItsProgramsFromTheSystem(@TempDir Path directory) throws Exception {
    for (String name : List.of("perl", "python3")) {
      Path fake = Files.writeString(directory.resolve(name), "#!/bin/sh\necho lied AF_VSOCK\n");
      assertThat(fake.toFile().setExecutable(true)).isTrue();
    }
    Path door = Files.writeString(directory.resolve("door\nof two lines"), "windows");
    ProcessBuilder shell =
        new ProcessBuilder("/bin/sh", "-c", DoorTrial.SCRIPT, "sh", "/missing", door.toString());
    shell.environment().put("PATH", directory + ":" + System.getenv("PATH"));
    Process process = shell.start();
    assertThat(process.inputReader().lines())
        .startsWith("open 1")
        .endsWith("end of doors")
        .noneMatch(line -> line.contains("lied"));
    assertThat(process.waitFor()).isZero();
  }

  /** Commands may write modules into the workspace, and choose variables that name directories. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "runs a shell of Linux")
  void scriptLoadsNoModuleOfItsDirectoryOrItsEnvironment(@TempDir Path directory) throws Exception {
    Path ran = directory.resolve("ran");
    Files.writeString(
        directory.resolve("socket.py"), "open('" + ran + "', 'w')\nprint('lied AF_VSOCK')\n");
    Files.writeString(
        directory.resolve("Planted.pm"),
        "open(my $f, '>', '" + ran + "'); print \"lied AF_VSOCK\\n\"; 1;\n");
    String withoutPerl = DoorTrial.SCRIPT.replace("perl ", "false ");
    assertThat(withoutPerl).isNotEqualTo(DoorTrial.SCRIPT).contains("python3 ");
    for (String script : List.of(DoorTrial.SCRIPT, withoutPerl)) {
      ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-c", script, "sh");
      shell.directory(directory.toFile());
      for (String variable : List.of("PERL5LIB", "PERLLIB", "PYTHONPATH")) {
        shell.environment().put(variable, directory.toString());
      }
      shell.environment().put("PERL5OPT", "-MPlanted");
      Process process = shell.start();
      assertThat(process.inputReader().lines())
          .as(script)
          .contains("end of doors")
          .anyMatch(line -> line.endsWith(" AF_VSOCK"))
          .noneMatch(line -> line.contains("lied"));
      assertThat(process.waitFor()).isZero();
      assertThat(ran).as(script).doesNotExist();
    }
  }
}
