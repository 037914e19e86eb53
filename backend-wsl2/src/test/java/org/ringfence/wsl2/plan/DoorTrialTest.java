package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
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
  void doorIsOpenOnlyIfItLeadsOutWithoutASandboxToo() {
    DoorTrial trial = new DoorTrial(List.of("/init", "/mnt/c"));
    String outside = "open /init\nopen AF_VSOCK\nend of doors\n";
    assertThat(trial.open(outside, "open /mnt/c\nshut AF_VSOCK\nend of doors\n")).isEmpty();
    assertThat(trial.open(outside, "open /init\nshut AF_VSOCK\nend of doors\n"))
        .containsExactly("/init");
    assertThat(trial.open(outside, "open AF_VSOCK\nend of doors\n")).hasSize(1);
    assertThat(trial.open(outside, "end of doors\n")).as("not tried inside").hasSize(1);
    assertThat(trial.open("end of doors\n", "end of doors\n")).isEmpty();
  }

  @Test
  void trialThatFailsOpensNothing() {
    DoorTrial trial = new DoorTrial(List.of());
    assertThat(trial.open("end of doors\n", "sh: not found\n").get(0))
        .contains("cannot be tried", "not found");
    assertThat(trial.open("", "end of doors\n").get(0)).contains("cannot be tried");
  }
}
