package org.ringfence.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;

class CommandEnvironmentTest {
  private static Map<String, String> variables(String home, String name, String value) {
    SandboxPolicy policy = SandboxPolicy.builder().variable(name, value).build();
    return CommandEnvironment.setBy(
        EffectivePolicy.of(policy, PathContext.of(PathStyle.POSIX, "/ws", home)), "/t");
  }

  @Test
  void valuesNameTheTemporaryAndTheHomeDirectory() {
    assertThat(variables("/home/me", "A", "${home}/a:${tmp}/b"))
        .isEqualTo(Map.of("A", "/home/me/a:/t/b"));
    assertThat(variables("/home/me", "C", "$home")).isEqualTo(Map.of("C", "$home"));
  }

  @Test
  void variableOfAPathThatIsMissingInTheHomeIsLeftOut() {
    PathLookup there =
        new PathLookup() {
          @Override
          public String real(String path) {
            return path;
          }

          @Override
          public Map<String, String> linksOn(String path) {
            return Map.of();
          }

          @Override
          public boolean exists(String path) {
            return !path.contains("absent");
          }
        };
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .variable("A", "${home?}/there")
            .variable("B", "${home?}/absent")
            .build();
    PathContext places = PathContext.of(PathStyle.POSIX, "/ws", "/home/me").lookedUp(there);
    assertThat(CommandEnvironment.setBy(EffectivePolicy.of(policy, places), "/t"))
        .isEqualTo(Map.of("A", "/home/me/there"));
    assertThat(variables("", "A", "${home?}/there")).isEmpty();
  }

  @Test
  void homeDirectoryThatIsMissingIsNamed() {
    assertThat(variables("", "A", "${tmp}")).isEqualTo(Map.of("A", "/t"));
    assertThatThrownBy(() -> variables("", "A", "${home}/a"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("environment.set.A")
        .hasMessageContaining("HOME set to a directory of yours");
  }
}
