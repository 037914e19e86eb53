package org.ringfence.linux.plan;

import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.spi.VerifiedBuilds;

/**
 * The kinds of kernel on which the whole conformance suite has run. A plan for another kind remarks
 * that beside each guarantee. Pure.
 */
public final class VerifiedKernels {
  /**
   * The properties that decide which mechanisms a kernel has: the processor and Landlock's version.
   */
  private record Kind(Arch arch, int landlockAbi) {
    /** A JVM makes a record's own comparison at its first use; that takes 10 ms of a start. */
    boolean isThat(Arch otherArch, int otherAbi) {
      return arch == otherArch && landlockAbi == otherAbi;
    }
  }

  // Linux 6.18 on x86-64 has Landlock ABI 7. docs/conformance.md says when the suite ran there.
  private static final List<Kind> VERIFIED = List.of(new Kind(Arch.X86_64, 7));

  private VerifiedKernels() {}

  /**
   * Adds to each guarantee whether the suite has run on this kind of kernel.
   *
   * @param guarantees the guarantees of a plan
   * @param facts the facts about this machine
   * @param firstRun returns ids of the guarantees that a first run has shown on this very kernel
   * @return the same guarantees, with a remark where neither the suite nor a first run has shown it
   */
  public static List<PlannedGuarantee> mark(
      List<PlannedGuarantee> guarantees, HostFacts facts, Supplier<Set<String>> firstRun) {
    String usual = remark(facts);
    return usual.isEmpty()
        ? guarantees.stream().map(guarantee -> guarantee.withVerification("")).toList()
        : VerifiedBuilds.remarked(firstRun.get(), usual, guarantees);
  }

  private static String remark(HostFacts facts) {
    boolean verified =
        facts
            .arch()
            .filter(
                arch ->
                    VERIFIED.stream().anyMatch(kind -> kind.isThat(arch, facts.abi().version())))
            .isPresent();
    return verified
        ? ""
        : "not yet verified on this kind of kernel ("
            + facts.arch().map(Arch::name).orElse("unknown processor")
            + ", Landlock ABI "
            + facts.abi().version()
            + "); run: ringfence verify --first-run";
  }

  /**
   * Returns the kernel that the result of a first run belongs to.
   *
   * @param facts the facts about this machine
   * @param more the version of another program that confines; empty for none
   * @return one line, such as {@code Linux 6.18.1 X86_64, Landlock ABI 7}
   */
  public static String build(HostFacts facts, String more) {
    return "Linux "
        + facts.kernel()
        + " "
        + facts.arch().map(Arch::name).orElse("unknown processor")
        + ", Landlock ABI "
        + facts.abi().version()
        + (more.isEmpty() ? "" : ", " + more);
  }
}
