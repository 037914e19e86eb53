package org.ringfence.linux.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;

class VerifiedKernelsTest {
  private static final List<PlannedGuarantee> PLANNED =
      List.of(
          PlannedGuarantee.enforced(Guarantee.FILES_WRITE, "writing where granted", "Landlock"));

  private static String remark(Optional<Arch> arch, int abi) {
    HostFacts facts =
        new HostFacts(
            "6.1",
            arch,
            new LandlockAbi(abi),
            HostFacts.ASSUMED.seccomp(),
            HostFacts.ASSUMED.features(),
            HostFacts.ASSUMED.cgroups());
    return VerifiedKernels.mark(PLANNED, facts, () -> false).get(0).verification();
  }

  @Test
  void kernelThatRanTheSuiteNeedsNoRemark() {
    assertThat(remark(Optional.of(Arch.X86_64), 7)).isEmpty();
  }

  @Test
  void otherKernelsAreMarkedAsNotYetVerified() {
    assertThat(remark(Optional.of(Arch.X86_64), 3)).contains("not yet verified", "ABI 3");
    assertThat(remark(Optional.of(Arch.AARCH64), 7)).contains("not yet verified", "AARCH64");
    assertThat(remark(Optional.empty(), 7)).contains("not yet verified", "unknown processor");
  }
}
