package org.ringfence.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.ByteSize;
import org.ringfence.policy.value.InvalidPolicyException;

class PolicyBuilderTest {
  @Test
  void groupedCallsEqualSingleCalls() {
    SandboxPolicy grouped =
        SandboxPolicy.builder()
            .files(
                f ->
                    f.write(Special.WORKSPACE)
                        .read(Special.HOME.resolve(".m2"))
                        .deny(Path.of("/srv/secret"))
                        .denyGlobs("**/.env")
                        .protect("/srv/policy.json"))
            .network(n -> n.allow("repo.example.org:443").ownLoopback(false))
            .environment(e -> e.include("CI").set("A", "b"))
            .limits(l -> l.memory(ByteSize.ofMiB(512)).wallTime(Duration.ofMinutes(1)))
            .acceptWeaker(Guarantee.LIMITS_MEMORY)
            .build();
    SandboxPolicy single =
        SandboxPolicy.builder()
            .write(":workspace")
            .read(":home/.m2")
            .none("/srv/secret")
            .denyGlobs(List.of("**/.env"))
            .protectedPath("/srv/policy.json")
            .network(NetworkMode.ALLOWLIST)
            .allowHost("repo.example.org:443")
            .ownLoopback(false)
            .includeVariables(List.of("CI"))
            .variable("A", "b")
            .memory(512L << 20)
            .wallTime(Duration.ofMinutes(1))
            .acceptWeaker(Guarantee.named("limits.memory"))
            .build();
    assertThat(grouped).isEqualTo(single);
  }

  @Test
  void networkPolicyReplacesThePreviousOne() {
    SandboxPolicy open = SandboxPolicy.builder().network(n -> n.allow("a.test")).build();
    assertThat(open.toBuilder().network(NetworkPolicy.none()).build().network())
        .isEqualTo(SandboxPolicy.builder().build().network());
    assertThat(NetworkPolicy.allowlist("a.test")).isEqualTo(open.network());
    assertThat(NetworkPolicy.full().mode()).isEqualTo(NetworkMode.FULL);
  }

  @Test
  void specialsAndPresetMethodsMatchTheirNames() {
    assertThat(Presets.workspaceWrite()).isEqualTo(Presets.load("workspace-write"));
    assertThat(Presets.readOnly()).isEqualTo(Presets.load("read-only"));
    assertThat(Special.JAVA_HOME.text()).isEqualTo(":java-home");
    for (Special special : Special.values()) {
      EffectivePolicy.of(
          SandboxPolicy.builder().files(f -> f.read(special)).build(),
          PathContext.of(PathStyle.POSIX, "/ws", "/home/me"));
    }
  }

  @Test
  void zeroOrOverflowingSizeIsRejected() {
    assertThatThrownBy(() -> ByteSize.ofMiB(0)).isInstanceOf(InvalidPolicyException.class);
    assertThatThrownBy(() -> ByteSize.ofGiB(Long.MAX_VALUE))
        .isInstanceOf(InvalidPolicyException.class);
  }
}
