package org.ringfence.windows.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.probe.StartupLadder.Choice;
import org.ringfence.windows.probe.StartupSelfTest.Canary;
import org.ringfence.windows.probe.StartupSelfTest.Report;

/** Chooses among confinements whose canaries end as the test says. */
class StartupLadderTest {
  private static final Report FINE = new Report("", false, Map.of(), Set.of());
  private static final Report NO_NUL =
      new Report("", false, Map.of(Canary.NULL_DEVICE, "closed"), Set.of());
  private static final Report SLOW = new Report("", false, Map.of(), Set.of(Canary.POWERSHELL));
  private static final Report SLOW_PIPE = new Report("", false, Map.of(), Set.of(Canary.PIPE));
  private static final Report NO_END = new Report("cmd.exe does not end", true, Map.of(), Set.of());

  @TempDir private Path state;
  private final List<String> tried = new ArrayList<>();

  private Choice<Optional<String>> choose(Map<String, Report> reports) throws Exception {
    tried.clear();
    return new StartupLadder<String>(new Installation(state), "mode", "build 1")
        .choose(
            List.of("narrow", "wide"),
            (rung, quick) -> {
              tried.add(rung + (quick ? " quick" : ""));
              return reports.get(rung);
            });
  }

  @Test
  void choiceIsRememberedWhereAllCanariesEnd() throws Exception {
    assertThat(choose(Map.of("narrow", NO_NUL, "wide", FINE)).rung()).contains("wide");
    assertThat(choose(Map.of("narrow", FINE, "wide", FINE)).rung()).contains("wide");
    assertThat(tried).containsExactly("wide quick");
  }

  @Test
  void canaryThatDoesNotEndNeitherWidensAConfinementNorIsRemembered() throws Exception {
    assertThat(choose(Map.of("narrow", SLOW, "wide", FINE)).rung()).contains("narrow");
    assertThat(choose(Map.of("narrow", SLOW, "wide", FINE)).report().words())
        .isEqualTo("PowerShell (not known: it did not end, twice)");
    assertThat(tried).containsExactly("narrow");
    // The wider one is taken for another reason, and all the same not for ever.
    Report both =
        new Report("", false, Map.of(Canary.NULL_DEVICE, "closed"), Set.of(Canary.POWERSHELL));
    assertThat(choose(Map.of("narrow", both, "wide", FINE)).rung()).contains("wide");
    assertThat(choose(Map.of("narrow", FINE, "wide", FINE)).rung()).contains("narrow");
  }

  @Test
  void programThatDoesNotEndIsNoReasonToRememberAWiderConfinement() throws Exception {
    assertThat(choose(Map.of("narrow", NO_END, "wide", FINE)).rung()).contains("wide");
    assertThat(choose(Map.of("narrow", FINE, "wide", FINE)).rung()).contains("narrow");
    assertThat(tried).containsExactly("narrow");
    assertThat(choose(Map.of("narrow", NO_END, "wide", NO_END)).rung()).isEmpty();
  }

  /** A canary that ended otherwise than it did then is another matter. */
  @Test
  void slowCanaryDoesNotForgetARememberedChoice() throws Exception {
    assertThat(choose(Map.of("narrow", FINE, "wide", FINE)).rung()).contains("narrow");
    assertThat(choose(Map.of("narrow", SLOW_PIPE, "wide", FINE)).rung()).contains("narrow");
    assertThat(tried).containsExactly("narrow quick");
    assertThat(choose(Map.of("narrow", NO_NUL, "wide", NO_NUL)).rung()).contains("narrow");
    assertThat(tried).containsExactly("narrow quick", "narrow", "wide");
    Report slowNul = new Report("", false, Map.of(), Set.of(Canary.NULL_DEVICE));
    assertThat(choose(Map.of("narrow", slowNul, "wide", FINE)).report().failing())
        .containsKey(Canary.NULL_DEVICE);
    assertThat(tried).containsExactly("narrow quick");
  }
}
