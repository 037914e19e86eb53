package org.ringfence.windows.mitigation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class ProcessMitigationsTest {
  @Test
  void withoutAPropertyThePartsAreClosedThatProgramsDoWithout() {
    assertThat(ProcessMitigations.of(null)).contains(ProcessMitigations.USUAL);
    assertThat(ProcessMitigations.USUAL.closed())
        .containsExactly(ProcessMitigation.EXTENSION_POINTS, ProcessMitigation.REMOTE_IMAGES);
    assertThat(ProcessMitigations.USUAL.creation()).isEqualTo(1L << 32 | 1L << 52);
  }

  @Test
  void wordsComeOnTopOfTheUsualAndNoneClosesNothing() {
    assertThat(ProcessMitigations.of("win32k,fonts").orElseThrow().closed())
        .containsExactlyInAnyOrder(
            ProcessMitigation.EXTENSION_POINTS,
            ProcessMitigation.REMOTE_IMAGES,
            ProcessMitigation.WIN32K,
            ProcessMitigation.FONTS);
    assertThat(ProcessMitigations.of("none").orElseThrow().creation()).isZero();
    assertThat(ProcessMitigations.NONE.clause()).isEmpty();
  }

  @Test
  void anUnknownWordIsNoChoice() {
    for (String wrong : new String[] {"", "fonts,", "none,fonts", "Fonts", "font"}) {
      assertThat(ProcessMitigations.of(wrong)).as(wrong).isEmpty();
    }
    assertThat(ProcessMitigations.words()).contains("fonts").doesNotContain("extension-points");
  }

  @Test
  void aMitigationThatTheSystemDoesNotTellIsAProblem() {
    assertThat(ProcessMitigations.USUAL.problem(ProcessMitigations.USUAL.closed())).isEmpty();
    assertThat(
            ProcessMitigations.USUAL
                .problem(Set.of(ProcessMitigation.EXTENSION_POINTS))
                .orElseThrow())
        .contains("remote-images");
    assertThat(ProcessMitigations.NONE.problem(Set.of())).isEmpty();
  }
}
