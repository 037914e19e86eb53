package org.ringfence.linux.plan;

import java.util.List;
import java.util.Set;
import org.ringfence.plan.PlannedGuarantee;

/**
 * The kinds of kernel on which the whole conformance suite has run. A plan for another kind remarks
 * that beside each guarantee. Pure.
 */
public final class VerifiedKernels {
  /**
   * The properties that decide which mechanisms a kernel has: the processor and Landlock's version.
   */
  private record Kind(Arch arch, int landlockAbi) {}

  // Linux 6.18 on x86-64 has Landlock ABI 7. docs/conformance.md says when the suite ran there.
  private static final Set<Kind> VERIFIED = Set.of(new Kind(Arch.X86_64, 7));

  private VerifiedKernels() {}

  /**
   * Adds to each guarantee whether the suite has run on this kind of kernel.
   *
   * @param guarantees the guarantees of a plan
   * @param facts the facts about this machine
   * @return the same guarantees, with a remark where the suite has not run on such a kernel
   */
  public static List<PlannedGuarantee> mark(List<PlannedGuarantee> guarantees, HostFacts facts) {
    String remark = remark(facts);
    return guarantees.stream().map(guarantee -> guarantee.withVerification(remark)).toList();
  }

  private static String remark(HostFacts facts) {
    boolean verified =
        facts
            .arch()
            .map(arch -> new Kind(arch, facts.abi().version()))
            .filter(VERIFIED::contains)
            .isPresent();
    return verified
        ? ""
        : "not yet verified on this kind of kernel ("
            + facts.arch().map(Arch::name).orElse("unknown processor")
            + ", Landlock ABI "
            + facts.abi().version()
            + ")";
  }
}
