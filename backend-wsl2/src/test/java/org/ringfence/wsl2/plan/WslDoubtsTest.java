package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
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
    return WslDoubts.apply(PLANNED, PATHS, List.of(shortNamed)).stream()
        .collect(Collectors.toMap(PlannedGuarantee::id, one -> one));
  }

  @Test
  void doorsAreAdvisory() {
    assertThat(lowered().get(Guarantee.WSL_DOORS.id()).level()).isEqualTo(Enforcement.ADVISORY);
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
  void everyGuaranteeIsMarkedAsUnverifiedOnARealSystem() {
    assertThat(lowered().values())
        .hasSize(4)
        .allMatch(
            guarantee -> guarantee.verification().equals(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM));
  }
}
