package org.ringfence.linux.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.spi.VerifiedBuilds;

class VerifiedKernelsTest {
  private static final List<PlannedGuarantee> PLANNED =
      List.of(
          PlannedGuarantee.enforced(Guarantee.FILES_WRITE, "writing where granted", "Landlock"));

  private static String remark(Optional<Arch> arch, int abi) {
    return verification(arch, abi, Set.of());
  }

  private static String verification(int abi, Set<String> shown) {
    return verification(Optional.of(Arch.X86_64), abi, shown);
  }

  private static String verification(Optional<Arch> arch, int abi, Set<String> shown) {
    HostFacts facts =
        new HostFacts(
            "6.1",
            arch,
            new LandlockAbi(abi),
            HostFacts.ASSUMED.seccomp(),
            HostFacts.ASSUMED.features(),
            HostFacts.ASSUMED.cgroups());
    return VerifiedKernels.mark(PLANNED, facts, () -> shown).get(0).verification();
  }

  @Test
  void kernelThatRanTheSuiteNeedsNoRemark() {
    assertThat(remark(Optional.of(Arch.X86_64), 7)).isEmpty();
  }

  @Test
  void firstRunLiftsTheRemarkOfWhatItHasShownAlone() {
    assertThat(verification(3, Set.of("files.write"))).isEmpty();
    assertThat(verification(3, Set.of("files.read"))).isEqualTo(VerifiedBuilds.NOT_SHOWN);
  }

  @Test
  void otherKernelsAreMarkedAsNotYetVerified() {
    assertThat(remark(Optional.of(Arch.X86_64), 3)).contains("not yet verified", "ABI 3");
    assertThat(remark(Optional.of(Arch.AARCH64), 7)).contains("not yet verified", "AARCH64");
    assertThat(remark(Optional.empty(), 7)).contains("not yet verified", "unknown processor");
  }
}
