package org.ringfence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The API rejects text that UTF-8 cannot encode, because the kernel would receive a different name.
 */
class UnencodableTextTest {
  private static final String UNPAIRED_SURROGATE = "a\ud800";
  private static final PathContext PLACES = PathContext.ofMac("/ws", "/home");

  @Test
  void commandWithUnpairedSurrogateIsRejected() {
    assertThatThrownBy(() -> SandboxCommand.of("ls", UNPAIRED_SURROGATE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("argument 1");
    assertThat(SandboxCommand.of("ls", "a\ud83d\ude00").command()).hasSize(2);
  }

  @Test
  void ruleOrGlobWithUnpairedSurrogateIsRejected() {
    assertThatThrownBy(
            () ->
                EffectivePolicy.of(
                    SandboxPolicy.builder().none("/ws/" + UNPAIRED_SURROGATE).build(), PLACES))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("UTF-8");
    assertThatThrownBy(
            () ->
                EffectivePolicy.of(
                    SandboxPolicy.builder().denyGlobs(List.of("**/" + UNPAIRED_SURROGATE)).build(),
                    PLACES))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("UTF-8");
  }
}
