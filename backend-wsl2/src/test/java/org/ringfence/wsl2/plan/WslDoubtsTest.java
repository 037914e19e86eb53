package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.Guarantee;

class WslDoubtsTest {
  private static final WslPaths PATHS = new WslPaths("Ubuntu", "/mnt/");
  private static final List<Guarantee> PLANNED =
      List.of(
          Guarantee.enforced("files.protected-names", "names stay", "supervisor"),
          Guarantee.enforced("process.signals", "no signals", "Landlock"),
          Guarantee.unsupported("files.read", "reading", "no mounts", "bubblewrap"));

  private static Map<String, Guarantee> lowered(boolean onDrive) {
    return WslDoubts.apply(PLANNED, PATHS, onDrive).stream()
        .collect(Collectors.toMap(Guarantee::id, one -> one));
  }

  @Test
  void doorsAreAdvisoryUntilTheyAreFoundByMounts() {
    assertThat(lowered(false).get(WslDoubts.DOORS).level()).isEqualTo(Enforcement.ADVISORY);
  }

  @Test
  void namesOnADriveOfWindowsAreAdvisory() {
    assertThat(lowered(false).get("files.protected-names").level()).isEqualTo(Enforcement.ENFORCED);
    Map<String, Guarantee> onDrive = lowered(true);
    assertThat(onDrive.get("files.protected-names").level()).isEqualTo(Enforcement.ADVISORY);
    assertThat(onDrive.get("files.protected-names").reason()).contains("letter case");
    assertThat(onDrive.get("process.signals").level()).isEqualTo(Enforcement.ENFORCED);
    assertThat(onDrive.get("files.read").level()).isEqualTo(Enforcement.UNSUPPORTED);
  }

  @Test
  void everyGuaranteeSaysThatNoRealWsl2HasTriedIt() {
    assertThat(lowered(false).values())
        .hasSize(4)
        .allMatch(guarantee -> guarantee.verification().equals(Guarantee.NOT_ON_A_REAL_SYSTEM));
  }
}
