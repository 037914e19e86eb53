package org.ringfence.windows;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.spi.VerifiedBuilds;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.system.FakeWindows;

class VerifiedBuildTest {
  @TempDir private Path directory;
  private final FakeWindows windows = new FakeWindows();

  private String remark(Optional<VerifiedBuilds> builds) {
    List<PlannedGuarantee> plan =
        List.of(
            PlannedGuarantee.enforced(Guarantee.FILES_WRITE, "entries")
                .withVerification(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM));
    return VerifiedBuild.remarked("app-container", windows, builds, plan).get(0).verification();
  }

  @Test
  void planCarriesTheRemarkUntilTheModePassedOnThisBuild() throws IOException {
    Installation installation = new Installation(directory.resolve("state"));
    VerifiedBuilds builds = VerifiedBuilds.in(installation.directory());
    String remark = "not yet verified on this build; run: ringfence verify --first-run";
    windows.version = "Windows 10.0.26100";
    assertThat(remark(Optional.empty())).isEqualTo(remark);
    assertThat(remark(Optional.of(builds))).isEqualTo(remark);
    builds.keep("dedicated-user", windows.version, Set.of("files.write"));
    assertThat(remark(Optional.of(builds))).isEqualTo(remark);
    builds.keep("app-container", windows.version, Set.of("files.write"));
    assertThat(remark(Optional.of(builds))).isEmpty();

    windows.version = "Windows 10.0.26200";
    assertThat(remark(Optional.of(builds))).isEqualTo(remark);
    builds.keep("app-container", windows.version, Set.of("files.write"));
    assertThat(remark(Optional.of(builds))).isEmpty();
    builds.keep("app-container", windows.version, Set.of("files.read"));
    assertThat(remark(Optional.of(builds))).isEqualTo(VerifiedBuilds.NOT_SHOWN);
    builds.keep("app-container", windows.version, Set.of());
    assertThat(remark(Optional.of(builds))).isEqualTo(remark);
    installation.forget();
    assertThat(directory.resolve("state")).doesNotExist();
  }
}
