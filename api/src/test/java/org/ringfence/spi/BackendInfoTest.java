package org.ringfence.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.ringfence.spi.BackendInfo.Fit;

class BackendInfoTest {
  private static final BackendInfo ONE = BackendInfo.of("one", HostSystem.ANY, 5, "a backend");

  @Test
  void theIdAndEachAliasSelectTheBackend() {
    BackendInfo named = ONE.alias("uno").alias("first-1");
    assertThat(List.of("one", "uno", "first-1")).allMatch(named::isNamed);
    assertThat(named.isNamed("two")).isFalse();
    assertThat(ONE.isNamed("uno")).isFalse();
  }

  @Test
  void wordsThatNoOptionCouldNameAreErrors() {
    for (String word : List.of("", "One", "a b", "-x", "1")) {
      assertThatThrownBy(() -> BackendInfo.of(word, HostSystem.ANY, 1, ""))
          .as(word)
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> ONE.alias(word)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> BackendInfo.of("one", HostSystem.ANY, 0, ""))
        .hasMessageContaining("cost");
  }

  @Test
  void theBestFitStandsFirstAndOfEqualsTheCheapest() {
    BackendInfo good = ONE.fits(Workload.CI, Fit.GOOD, "good");
    BackendInfo dear =
        BackendInfo.of("a-dear", HostSystem.ANY, 9, "").fits(Workload.CI, Fit.BEST, "");
    BackendInfo cheap =
        BackendInfo.of("cheap", HostSystem.ANY, 8, "").fits(Workload.CI, Fit.BEST, "");
    assertThat(Stream.of(good, dear, cheap).sorted(BackendInfo.bestFor(Workload.CI)))
        .containsExactly(cheap, dear, good);
    assertThat(good.suitability(Workload.CI).orElseThrow().reason()).isEqualTo("good");
    assertThat(good.suitability(Workload.GUI)).isEmpty();
  }

  @Test
  void anySystemAndTheCurrentOneAreThis() {
    assertThat(HostSystem.ANY.isThis()).isTrue();
    assertThat(HostSystem.current().isThis()).isTrue();
    assertThat(Stream.of(HostSystem.values()).filter(HostSystem::isThis)).hasSize(2);
  }
}
