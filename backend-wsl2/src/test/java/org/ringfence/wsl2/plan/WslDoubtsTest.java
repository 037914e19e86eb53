package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;

class WslDoubtsTest {
  private static final WslPaths PATHS = new WslPaths("Ubuntu", "/mnt/");
  private static final List<PlannedGuarantee> PLANNED =
      List.of(
          PlannedGuarantee.enforced(Guarantee.FILES_PROTECTED_NAMES, "names stay", "supervisor"),
          PlannedGuarantee.enforced(Guarantee.PROCESS_SIGNALS, "no signals", "Landlock"),
          PlannedGuarantee.unsupported(Guarantee.FILES_READ, "reading", "no mounts", "bubblewrap"));

  private static Map<String, PlannedGuarantee> lowered(String... shortNamed) {
    return WslDoubts.apply(PLANNED, PATHS, List.of(shortNamed), "", false).stream()
        .collect(Collectors.toMap(PlannedGuarantee::id, one -> one));
  }

  @Test
  void doorsAreEnforcedOnlyWhereTheyAreTriedFromInside() {
    assertThat(lowered().get(Guarantee.WSL_DOORS.id()).level()).isEqualTo(Enforcement.ENFORCED);
    PlannedGuarantee untried =
        WslDoubts.apply(List.of(), PATHS, List.of(), GuestFacts.of("tries=").trialProblem(), false)
            .get(0);
    assertThat(untried.level()).isEqualTo(Enforcement.ADVISORY);
    assertThat(untried.reason()).contains("neither perl nor python3");
    assertThat(GuestFacts.of("tries=/usr/bin/perl").trialProblem()).isEmpty();
    assertThat(
            WslDoubts.apply(
                WslDoubts.withUntriedDoors(List.of(), Optional.of("the policy hides /bin/sh")),
                PATHS,
                List.of(),
                "",
                false))
        .singleElement()
        .satisfies(
            hidden -> {
              assertThat(hidden.level()).isEqualTo(Enforcement.ADVISORY);
              assertThat(hidden.reason()).isEqualTo("the policy hides /bin/sh");
            });
  }

  @Test
  void pathWithAShortNameIsAdvisory() {
    assertThat(lowered().get("files.protected-names").level()).isEqualTo(Enforcement.ENFORCED);
    Map<String, PlannedGuarantee> byShortName = lowered("C:\\work\\SECRET~1");
    assertThat(byShortName.get("files.protected-names").level()).isEqualTo(Enforcement.ADVISORY);
    assertThat(byShortName.get("files.protected-names").reason()).contains("SECRET~1", "long name");
    assertThat(byShortName.get("process.signals").level()).isEqualTo(Enforcement.ENFORCED);
    assertThat(byShortName.get("files.read").level()).isEqualTo(Enforcement.UNSUPPORTED);
  }

  @Test
  void mirroredNetworkSharesItsLoopbackWithWindows() {
    PlannedGuarantee granted =
        PlannedGuarantee.enforced(Guarantee.NETWORK_HOST_LOOPBACK, "port 8080", "supervisor");
    for (String mode : List.of("mirrored", "nat", "virtioproxy")) {
      assertThat(
              WslDoubts.apply(
                      List.of(granted),
                      PATHS,
                      List.of(),
                      "",
                      GuestFacts.of("networking=" + mode).mirrored())
                  .get(0)
                  .statement()
                  .contains("Windows"))
          .as(mode)
          .isEqualTo(mode.equals("mirrored"));
    }
  }

  @Test
  void everyGuaranteeIsMarkedAsUnverifiedOnARealSystem() {
    assertThat(lowered().values())
        .hasSize(4)
        .allMatch(
            guarantee -> guarantee.verification().equals(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM));
  }
}
