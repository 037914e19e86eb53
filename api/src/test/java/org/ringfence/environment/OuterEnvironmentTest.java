package org.ringfence.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class OuterEnvironmentTest {
  @Test
  void renamedVariablesGetTheirNamesBack() {
    assertThat(
            OuterEnvironment.of(
                Map.of("LC_ALL", "C.UTF-8", "RINGFENCE_OUTER_LC_ALL", "POSIX", "OTHER", "kept")))
        .isEqualTo(Map.of("LC_ALL", "POSIX", "OTHER", "kept"));
  }

  @Test
  void variableSetOnlyByTheLauncherIsRemoved() {
    assertThat(OuterEnvironment.of(Map.of("LC_ALL", "C.UTF-8", "RINGFENCE_OUTER_UNSET", "LC_ALL")))
        .isEmpty();
  }
}
