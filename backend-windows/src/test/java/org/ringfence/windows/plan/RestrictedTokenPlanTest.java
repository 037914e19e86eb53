package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.RestrictedTokenBackend;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;

class RestrictedTokenPlanTest {
  private static final PathContext PLACES =
      PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\someone");
  private static final byte[] SECRET = {7};

  private static PolicyBuilder writing() {
    return SandboxPolicy.builder().protectedNames(ProtectedNames.OFF).write(":workspace");
  }

  private static RestrictedTokenPlan plan(SandboxPolicy policy) {
    return RestrictedTokenPlan.compile(EffectivePolicy.of(policy, PLACES), SECRET);
  }

  @Test
  void eachRootGetsASidAndAModifyEntry() {
    RestrictedTokenPlan plan = plan(writing().write("D:\\out").build());
    assertThat(plan.roots().keySet()).contains("C:\\work", "D:\\out");
    assertThat(plan.roots().values()).doesNotHaveDuplicates();
    assertThat(plan.entries())
        .filteredOn(entry -> entry.path().equals("C:\\work"))
        .extracting(RestrictedTokenPlan.Entry::ace)
        .containsExactly(
            new Ace(
                Ace.Type.ALLOW, plan.roots().get("C:\\work"), AccessMask.MODIFY, Ace.Scope.TREE));
    assertThat(AccessMask.MODIFY & (AccessMask.DELETE_CHILD | AccessMask.WRITE_DAC)).isZero();
  }

  @Test
  void rulesBelowARootBecomeDenyAndAllowEntriesForItsSid() {
    RestrictedTokenPlan plan =
        plan(
            writing()
                .read("C:\\Work\\kept")
                .write("C:\\work\\kept\\open")
                .protectedPath("C:\\work\\policy.json")
                .build());
    Sid sid = plan.roots().get("C:\\work");
    assertThat(plan.roots()).hasSize(1);
    assertThat(plan.entries())
        .extracting(entry -> entry.path() + " " + entry.ace())
        .containsExactly(
            "C:\\work (A;OICI;0x1301bf;;;" + sid + ")",
            "C:\\Work\\kept (D;OICI;0x10156;;;" + sid + ")",
            "C:\\work\\kept\\open (A;OICI;0x1301bf;;;" + sid + ")",
            "C:\\work\\policy.json (D;OICI;0x10156;;;" + sid + ")");
  }

  @Test
  void filesOutsideEveryRootAreDeletableButNotWritable() {
    String text = plan(writing().build()).describe();
    assertThat(text)
        .contains("  outside every root: read, delete\n")
        .contains("  below C:\\work: read, write, delete\n");
  }

  @Test
  void explainListsUnenforcedParts() {
    List<String> limits = RestrictedTokenPlan.limits(EffectivePolicy.of(writing().build(), PLACES));
    assertThat(limits).anyMatch(limit -> limit.contains("network")).hasSize(3);
    assertThat(
            RestrictedTokenPlan.limits(
                EffectivePolicy.of(writing().fileDefault(FileDefault.MINIMAL).build(), PLACES)))
        .anyMatch(limit -> limit.contains("reading is not denied"));
    assertThat(new RestrictedTokenBackend().explain(EffectivePolicy.of(writing().build(), PLACES)))
        .contains("restricting SID S-1-5-21-", "not held: ");
  }
}
