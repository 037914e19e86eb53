package org.ringfence.windows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxRefusedException;
import org.ringfence.plan.Availability;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.windows.bind.NativeWindows;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.system.PretendingWindows;

/**
 * Wine accepts restricting SIDs, entries and limits but enforces none, so each backend must refuse
 * it.
 */
@EnabledOnOs(value = OS.WINDOWS, disabledReason = "is about Wine")
class WineRefusalTest {
  private static final Backends BACKENDS =
      Backends.of(List.of(new RestrictedTokenBackend(), new AppContainerBackend()));

  @BeforeEach
  void assumeWine() {
    assumeTrue(new NativeWindows().machine().version().contains("Wine"), "this is Windows itself");
  }

  @Test
  void bothModesAreUnavailableAndGiveTheReason() {
    Availability token = BACKENDS.byId("restricted-token").probe();
    assertThat(token.usable()).isFalse();
    assertThat(token.reasons().get(0)).contains("Wine does so");
    assertThat(token.facts().get("system")).contains("Wine");
    Availability container = BACKENDS.byId("app-container").probe();
    assertThat(container.usable()).isFalse();
    assertThat(container.reasons().get(0)).contains("CreateAppContainerProfile");
  }

  /** The probe detects Wine even if Wine reads back tokens and jobs exactly as requested. */
  @Test
  void probeRejectsSystemThatReadsBackLimitsButEnforcesNone() {
    Availability lied = new RestrictedTokenBackend(PretendingWindows::new).probe();
    assertThat(lied.usable()).isFalse();
    assertThat(lied.reasons().get(0)).contains("a command wrote to a file that nothing grants");
  }

  @Test
  void everySandboxIsRefusedEvenForTheWeakestPolicy(@TempDir Path workspace) throws Exception {
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .write(":workspace")
            .protectedNames(ProtectedNames.OFF)
            .strictness(Strictness.Mode.BEST_EFFORT)
            .build();
    for (String backend : List.of("restricted-token", "app-container")) {
      assertThatThrownBy(
              () ->
                  Sandbox.opener(policy)
                      .workspace(workspace)
                      .backends(BACKENDS)
                      .backend(backend)
                      .open())
          .as(backend)
          .isInstanceOf(SandboxRefusedException.class);
    }
    Installation installation = Installation.ofUser(System.getenv()).orElseThrow();
    assertThat(installation.all()).isEmpty();
    assertThat(installation.containerRecords()).isEmpty();
  }
}
