package org.ringfence.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendInfo.Fit;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.OtherMeans;
import org.ringfence.spi.Workload;

class RecommendationTest {
  private static final BackendInfo STRONG =
      BackendInfo.of("strong", HostSystem.ANY, 90, "strong")
          .fits(Workload.AGENT, Fit.BEST, "enforces all");
  private static final BackendInfo LIGHT =
      BackendInfo.of("light", HostSystem.ANY, 1, "light")
          .fits(Workload.AGENT, Fit.GOOD, "costs little");
  private static final BackendInfo LAST =
      BackendInfo.of("last", HostSystem.ANY, 1, "last")
          .fits(Workload.AGENT, Fit.FALLBACK, "runs anywhere");
  private static final BackendInfo ELSEWHERE =
      BackendInfo.of("elsewhere", anotherSystem(), 1, "elsewhere")
          .fits(Workload.AGENT, Fit.BEST, "the system's own");
  private static final List<BackendInfo> ALL = List.of(LAST, LIGHT, ELSEWHERE, STRONG);

  private static HostSystem anotherSystem() {
    return HostSystem.current() == HostSystem.LINUX ? HostSystem.WINDOWS : HostSystem.LINUX;
  }

  private static Recommendation agent(String... usable) {
    return Recommendation.of(
        Workload.AGENT, ALL, Set.of(usable), id -> id.equals("strong"), List.of());
  }

  @Test
  void theBestFitThatRunsIsRecommendedWithTheNextOne() {
    assertThat(agent("strong", "light", "last").lines())
        .containsExactly(
            "for untrusted commands: a coding agent, its shell, its tools: strong (enforces all)",
            "run: ringfence run --backend strong -p no-credentials -- COMMAND",
            "also fits: light (costs little)");
  }

  @Test
  void aBetterFitOfThisSystemThatCannotRunIsNamed() {
    assertThat(agent("light", "last").lines())
        .last()
        .isEqualTo("better, once it runs: strong (enforces all)");
    assertThat(agent("light").lines()).contains("run: ringfence run --backend light -- COMMAND");
  }

  @Test
  void noBackendOfAnotherSystemIsNamed() {
    assertThat(agent("strong").better()).isEmpty();
    assertThat(agent().better()).contains(STRONG);
    assertThat(agent().backend()).isEmpty();
  }

  @Test
  void aWorkloadThatNoBackendFitsHasAReason() {
    Recommendation none =
        Recommendation.of(Workload.PACKAGED, ALL, Set.of("light"), id -> true, List.of());
    assertThat(none.lines()).singleElement().asString().contains("use the program's own .exe");
    assertThat(none.tree()).containsEntry("backend", null).containsEntry("command", "");
  }

  @Test
  void meansThatAreNoBackendsFollowWithTheirReasons() {
    Recommendation answer =
        Recommendation.of(
            Workload.AGENT,
            ALL,
            Set.of("strong"),
            id -> false,
            List.of(new OtherMeans.Means("silo", "Silo", "needs an administrator")));
    assertThat(answer.lines()).last().isEqualTo("no backend: Silo: needs an administrator");
    assertThat(answer.tree()).containsEntry("others", Map.of("silo", "needs an administrator"));
  }
}
