package org.ringfence.windows.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.AppContainerPlan;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.DedicatedUserPlan;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;

class ReservedDirectoriesTest {
  private static final Sid SID = new Sid("S-1-15-2-1-2-3-4-5-6-7");
  private static final ReservedDirectories KEPT =
      new ReservedDirectories(List.of(), List.of("C:\\Windows", "C:\\Program Files"), List.of());

  private static EffectivePolicy policy(Access access) {
    return EffectivePolicy.of(
        SandboxPolicy.builder()
            .fileDefault(FileDefault.MINIMAL)
            .protectedNames(ProtectedNames.OFF)
            .rule("C:\\Program Files\\tool", access, MissingPath.SKIP)
            .build(),
        PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me"));
  }

  private static List<List<Entry>> plans(Access access) {
    Accounts accounts =
        new Accounts(
            new Sid("S-1-5-21-1-1-1-2000"),
            new Sid("S-1-5-21-1-1-1-2001"),
            new Sid("S-1-5-21-1-1-1-2002"),
            ClientAccounts.of("0123456789", List.of()));
    return List.of(
        AppContainerPlan.compile(policy(access), SID).entries(),
        DedicatedUserPlan.compile(policy(access), new byte[32], accounts).entries());
  }

  private static List<String> kept(List<Entry> entries) {
    return entries.stream()
        .filter(entry -> !KEPT.needless(entry))
        .map(Entry::path)
        .distinct()
        .toList();
  }

  /** The planner must not silently omit a rule that denies reading. */
  @Test
  void ruleForASystemTreeIsOmittedOnlyWhenItGrantsReading() {
    for (List<Entry> entries : plans(Access.READ)) {
      assertThat(kept(entries)).doesNotContain("C:\\Program Files\\tool");
    }
    // A container has no entry that takes: its plan tells the place, and opening it looks there.
    assertThat(kept(plans(Access.NONE).get(0))).doesNotContain("C:\\Program Files\\tool");
    assertThat(AppContainerPlan.compile(policy(Access.NONE), SID).closed())
        .extracting(AppContainerPlan.Closed::path)
        .contains("C:\\Program Files\\tool");
    assertThat(kept(plans(Access.NONE).get(1))).contains("C:\\Program Files\\tool");
    for (List<Entry> entries : plans(Access.WRITE)) {
      assertThat(kept(entries)).contains("C:\\Program Files\\tool");
    }
  }
}
