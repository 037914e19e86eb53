package org.ringfence.windows;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.system.FakeWindows;

class VerifiedBuildTest {
  @TempDir private Path directory;
  private final FakeWindows windows = new FakeWindows();

  private String remark(Optional<Installation> installation) {
    List<PlannedGuarantee> plan =
        List.of(
            PlannedGuarantee.enforced(Guarantee.FILES_WRITE, "entries")
                .withVerification(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM));
    return VerifiedBuild.remarked("app-container", windows, installation, plan)
        .get(0)
        .verification();
  }

  @Test
  void planCarriesTheRemarkUntilTheModePassedOnThisBuild() throws IOException {
    Installation installation = new Installation(directory.resolve("state"));
    String remark = "not yet verified on this build; run: ringfence windows selftest";
    windows.version = "Windows 10.0.26100";
    assertThat(remark(Optional.empty())).isEqualTo(remark);
    assertThat(remark(Optional.of(installation))).isEqualTo(remark);
    installation.verified("dedicated-user", windows.version);
    assertThat(remark(Optional.of(installation))).isEqualTo(remark);
    installation.verified("app-container", windows.version);
    assertThat(remark(Optional.of(installation))).isEmpty();

    windows.version = "Windows 10.0.26200";
    assertThat(remark(Optional.of(installation))).isEqualTo(remark);
    installation.verified("app-container", windows.version);
    assertThat(remark(Optional.of(installation))).isEmpty();
    installation.unverified("app-container");
    assertThat(remark(Optional.of(installation))).isEqualTo(remark);
    installation.forget();
    assertThat(directory.resolve("state")).doesNotExist();
  }
}
