package org.ringfence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.InvalidPolicyException;
import org.ringfence.policy.Places;
import org.ringfence.policy.SandboxPolicy;

/** Text that has no bytes in UTF-8 is refused: the kernel would get another name. */
class UnencodableTextTest {
  private static final String HALF = "a\ud800";
  private static final Places PLACES = Places.ofMac("/ws", "/home");

  @Test
  void commandsAreRefused() {
    assertThatThrownBy(() -> SandboxCommand.of("ls", HALF))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("argument 1");
    assertThat(SandboxCommand.of("ls", "a\ud83d\ude00").command()).hasSize(2);
  }

  @Test
  void rulesAndGlobsAreRefused() {
    assertThatThrownBy(() -> SandboxPolicy.builder().none("/ws/" + HALF).build().in(PLACES))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("UTF-8");
    assertThatThrownBy(
            () -> SandboxPolicy.builder().denyGlobs(List.of("**/" + HALF)).build().in(PLACES))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("UTF-8");
  }
}
