package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.EnvironmentPolicy;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

class GuestEnvironmentTest {
  private static final String TOOLS = "/mnt/c/tools";
  private static final Map<String, String> THERE =
      Map.of(
          "PATH", "/usr/bin::rel:/mnt/c/Windows:" + TOOLS,
          "HOME", "/home/me",
          "WSL_INTEROP", "/run/WSL/8_interop",
          "WSLENV", "X",
          "WSL_DISTRO_NAME", "Ubuntu");

  private static Map<String, String> given(PolicyBuilder policy) {
    SandboxPolicy inside =
        GuestPolicy.of(policy.write(":workspace").build(), new WslPaths("Ubuntu", "/mnt/"));
    return GuestEnvironment.of(
            EffectivePolicy.of(
                inside, PathContext.of(PathStyle.POSIX, "/home/me/work", "/home/me")),
            THERE)
        .apply(THERE);
  }

  @Test
  void variablesAndPathEntriesOfWindowsAreOmitted() {
    assertThat(given(SandboxPolicy.builder().inherit(EnvironmentPolicy.Inherit.ALL)))
        .isEqualTo(
            Map.of("PATH", "/usr/bin::rel", "HOME", "/home/me", "WSL_DISTRO_NAME", "Ubuntu"));
    assertThat(given(SandboxPolicy.builder().includeVariables(List.of("WSL*"))))
        .containsOnlyKeys("PATH", "HOME", "WSL_DISTRO_NAME");
  }

  @Test
  void pathKeepsDirectoriesThatARuleOpens() {
    assertThat(given(SandboxPolicy.builder().read(TOOLS)))
        .containsEntry("PATH", "/usr/bin::rel:" + TOOLS);
  }

  @Test
  void variablesThatThePolicySetsAreKept() {
    assertThat(given(SandboxPolicy.builder().variable("PATH", "/mnt/c/own")))
        .containsEntry("PATH", "/mnt/c/own");
    assertThat(given(SandboxPolicy.builder().inherit(EnvironmentPolicy.Inherit.NONE))).isEmpty();
  }
}
