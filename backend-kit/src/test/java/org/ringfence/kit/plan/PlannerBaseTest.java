package org.ringfence.kit.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

class PlannerBaseTest {
  private static final Answer ENFORCED = Answer.enforced("kernel");

  /** A fake planner. It enforces all guarantees except the memory limit and the lifetime. */
  private static final class FakePlanner extends PlannerBase {
    FakePlanner(EffectivePolicy effective) {
      super(effective);
    }

    @Override
    protected void files() {
      answer(Guarantee.FILES_WRITE, "only here", ENFORCED);
    }

    @Override
    protected Answer name(Guarantee guarantee) {
      return ENFORCED;
    }

    @Override
    protected void network() {
      asked(Guarantee.NETWORK_PUBLISH, () -> ENFORCED);
    }

    @Override
    protected void process() {
      answer(Guarantee.PROCESS_SIGNALS, ENFORCED);
    }

    @Override
    protected Answer opened(Guarantee guarantee) {
      return ENFORCED;
    }

    @Override
    protected Answer descriptors() {
      return ENFORCED;
    }

    @Override
    protected Answer limit(Guarantee limit) {
      return limit == Guarantee.LIMITS_MEMORY
          ? Answer.unsupported("nothing counts it", bestEffort(limit))
          : ENFORCED;
    }

    @Override
    protected Answer lifetime(Guarantee lifetime) {
      return Answer.advisory("a search", "some are not found", "another system");
    }
  }

  private static List<PlannedGuarantee> plan(PolicyBuilder policy) {
    return new FakePlanner(
            EffectivePolicy.of(policy.build(), PathContext.of(PathStyle.POSIX, "/ws", "/home/me")))
        .planned();
  }

  private static PlannedGuarantee find(List<PlannedGuarantee> plan, Guarantee guarantee) {
    return plan.stream().filter(one -> one.guarantee() == guarantee).findFirst().orElseThrow();
  }

  @Test
  void onlyRequestedGuaranteesAreAnswered() {
    assertThat(plan(SandboxPolicy.builder()))
        .extracting(PlannedGuarantee::guarantee)
        .containsExactly(
            Guarantee.FILES_WRITE,
            Guarantee.FILES_PROTECTED_NAMES,
            Guarantee.PROCESS_SIGNALS,
            Guarantee.PROCESS_DESCRIPTORS,
            Guarantee.ENVIRONMENT_FILTERED,
            Guarantee.LIFETIME_TREE,
            Guarantee.LIFETIME_JVM_EXIT);
    assertThat(plan(SandboxPolicy.builder().memory(1).outputBytes(1).publish("80:80")))
        .extracting(PlannedGuarantee::guarantee)
        .contains(Guarantee.NETWORK_PUBLISH, Guarantee.LIMITS_MEMORY, Guarantee.LIMITS_OUTPUT)
        .doesNotContain(Guarantee.LIMITS_PROCESSES);
  }

  @Test
  void answersKeepTheirLevelReasonAndRemedy() {
    List<PlannedGuarantee> plan = plan(SandboxPolicy.builder().memory(5).outputBytes(7));
    assertThat(find(plan, Guarantee.LIMITS_MEMORY))
        .isEqualTo(
            PlannedGuarantee.unsupported(
                Guarantee.LIMITS_MEMORY,
                "The tree uses at most 5 bytes of memory",
                "nothing counts it",
                "--best-effort limits.memory"));
    assertThat(find(plan, Guarantee.LIFETIME_TREE).level()).isEqualTo(Enforcement.ADVISORY);
    assertThat(find(plan, Guarantee.FILES_WRITE).statement()).isEqualTo("only here");
    assertThat(find(plan, Guarantee.LIMITS_OUTPUT).mechanism()).isEqualTo("pipes read by this JVM");
  }

  @Test
  void processorTimeIsRoundedUpToWholeSeconds() {
    assertThat(Statements.wholeSeconds(Duration.ofMillis(1))).isEqualTo(1);
    assertThat(Statements.wholeSeconds(Duration.ofMillis(1_001))).isEqualTo(2);
    assertThat(
            find(
                    plan(SandboxPolicy.builder().cpuTime(Duration.ofMillis(2_500))),
                    Guarantee.LIMITS_CPU_TIME)
                .statement())
        .startsWith("Each process uses at most 3 s of processor time");
  }
}
