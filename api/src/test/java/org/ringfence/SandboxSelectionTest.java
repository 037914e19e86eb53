package org.ringfence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.Preference;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.SandboxBackend;

class SandboxSelectionTest {
  private static final EffectivePolicy POLICY =
      EffectivePolicy.of(
          SandboxPolicy.builder().build(), PathContext.of(PathStyle.POSIX, "/ws", "/home/me"));
  private static final PlannedGuarantee ENFORCED_WRITE =
      PlannedGuarantee.enforced(Guarantee.FILES_WRITE, "s", "m");
  private static final PlannedGuarantee ENFORCED_NAMES =
      PlannedGuarantee.enforced(Guarantee.FILES_PROTECTED_NAMES, "s", "m");
  private static final PlannedGuarantee UNSUPPORTED_NAMES =
      PlannedGuarantee.unsupported(Guarantee.FILES_PROTECTED_NAMES, "s", "no mounts", "bubblewrap");

  private record StubBackend(BackendInfo info, boolean usable, List<PlannedGuarantee> guarantees)
      implements SandboxBackend {
    private StubBackend(String id, int cost, boolean usable, List<PlannedGuarantee> guarantees) {
      this(BackendInfo.of(id, HostSystem.ANY, cost, id), usable, guarantees);
    }

    private StubBackend aliased(String word) {
      return withInfo(info.alias(word));
    }

    private StubBackend withInfo(BackendInfo other) {
      return new StubBackend(other, usable, guarantees);
    }

    @Override
    public Availability probe() {
      return usable
          ? Availability.available(java.util.Map.of())
          : Availability.unavailable("not here", "elsewhere");
    }

    @Override
    public SandboxPlan plan(EffectivePolicy policy) {
      return new SandboxPlan(info.id(), policy, probe(), guarantees);
    }

    @Override
    public String explain(EffectivePolicy policy) {
      return "";
    }

    @Override
    public BackendSession open(SandboxPlan plan, EventSink listener) {
      throw new AssertionError("nothing may be opened");
    }
  }

  @Test
  void backendThatEnforcesMostIsSelected() throws SandboxException {
    Backends backends =
        Backends.of(
            List.of(
                new StubBackend("weak", 1, true, List.of(ENFORCED_WRITE, UNSUPPORTED_NAMES)),
                new StubBackend("strong", 9, true, List.of(ENFORCED_WRITE, ENFORCED_NAMES))));
    EffectivePolicy lenient =
        EffectivePolicy.of(
            POLICY.policy().toBuilder().acceptWeaker(Guarantee.named("files")).build(),
            POLICY.places());
    assertThat(backends.select(lenient, null).backend()).isEqualTo("strong");
    assertThat(backends.select(lenient, "weak").backend()).isEqualTo("weak");
  }

  @Test
  void lighterBackendWinsATie() throws SandboxException {
    Backends backends =
        Backends.of(
            List.of(
                new StubBackend("heavy", 9, true, List.of(ENFORCED_WRITE)),
                new StubBackend("light", 1, true, List.of(ENFORCED_WRITE))));
    assertThat(backends.select(POLICY, null).backend()).isEqualTo("light");
  }

  @Test
  void preferenceDecidesATie() throws SandboxException {
    StubBackend quick = new StubBackend("quick", 5, true, List.of(ENFORCED_WRITE));
    StubBackend soon = new StubBackend("soon", 1, true, List.of(ENFORCED_WRITE));
    StubBackend fast = quick.withInfo(quick.info().atWork(1));
    StubBackend slow = soon.withInfo(soon.info().atWork(7));
    Backends backends = Backends.of(List.of(fast, slow));
    assertThat(backends.select(POLICY, null).backend()).isEqualTo("soon");
    assertThat(backends.preferring(Preference.WORK).select(POLICY, null).backend())
        .isEqualTo("quick");
    assertThat(backends.preferring(Preference.LAUNCH).select(POLICY, null).backend())
        .isEqualTo("soon");
  }

  @Test
  void preferenceNeverTakesTheWeakerBackend() throws SandboxException {
    StubBackend weak = new StubBackend("weak", 1, true, List.of(ENFORCED_WRITE, UNSUPPORTED_NAMES));
    StubBackend strong =
        new StubBackend("strong", 9, true, List.of(ENFORCED_WRITE, ENFORCED_NAMES));
    Backends backends = Backends.of(List.of(weak, strong));
    assertThat(backends.preferring(Preference.WORK).select(POLICY, null).backend())
        .isEqualTo("strong");
  }

  @Test
  void refusalNamesUnmetGuaranteeReasonAndRemedy() {
    Backends backends =
        Backends.of(
            List.of(new StubBackend("one", 1, true, List.of(ENFORCED_WRITE, UNSUPPORTED_NAMES))));
    assertThatThrownBy(() -> backends.select(POLICY, null))
        .isInstanceOf(SandboxRefusedException.class)
        .hasMessage(
            "refused, nothing was started: one cannot enforce files.protected-names: no mounts,"
                + " try: bubblewrap");
  }

  @Test
  void refusalOfManyReasonsStaysShort() {
    List<PlannedGuarantee> unmet =
        Stream.of(Guarantee.values())
            .limit(9)
            .map(each -> PlannedGuarantee.unsupported(each, "all", "reason " + each, ""))
            .toList();
    assertThatThrownBy(
            () -> Backends.of(List.of(new StubBackend("one", 1, true, unmet))).select(POLICY, null))
        .hasMessageContaining("reason " + Guarantee.values()[2])
        .hasMessageNotContaining("reason " + Guarantee.values()[3])
        .hasMessageEndingWith("; and 6 more guarantees");
  }

  @Test
  void policyThatAcceptsWeakerGuaranteeIsNotRefused() throws SandboxException {
    Backends backends =
        Backends.of(
            List.of(new StubBackend("one", 1, true, List.of(ENFORCED_WRITE, UNSUPPORTED_NAMES))));
    EffectivePolicy named =
        EffectivePolicy.of(
            POLICY.policy().toBuilder().acceptWeaker(Guarantee.named("files")).build(),
            POLICY.places());
    assertThat(backends.select(named, null).backend()).isEqualTo("one");
  }

  @Test
  void unavailableBackendIsNotSelected() {
    Backends backends = Backends.of(List.of(new StubBackend("one", 1, false, List.of())));
    assertThatThrownBy(() -> backends.select(POLICY, null)).hasMessageContaining("not here");
    assertThatThrownBy(() -> Backends.of(List.of()).select(POLICY, null))
        .isInstanceOf(SandboxRefusedException.class)
        .hasMessageContaining("no backend");
  }

  @Test
  void unknownBackendErrorListsKnownBackends() {
    Backends backends = Backends.of(List.of(new StubBackend("one", 1, true, List.of())));
    assertThatThrownBy(() -> backends.select(POLICY, "two"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("two")
        .hasMessageContaining("one");
  }

  @Test
  void aliasSelectsTheBackend() {
    SandboxBackend aliased = new StubBackend("one", 1, true, List.of()).aliased("uno");
    Backends backends = Backends.of(List.of(aliased));
    assertThat(backends.byId("uno")).isSameAs(aliased);
    assertThat(backends.byId("one")).isSameAs(aliased);
    assertThat(backends.ofThisSystem()).containsExactly(aliased);
  }

  @Test
  void malformedCommandIsRejected() {
    assertThatThrownBy(SandboxCommand::of).hasMessageContaining("empty");
    assertThatThrownBy(() -> SandboxCommand.of("")).hasMessageContaining("empty");
    assertThatThrownBy(() -> SandboxCommand.of("a", "b\0c")).hasMessageContaining("argument 1");
    assertThatThrownBy(() -> SandboxCommand.of("a").environment("A=B", "c"))
        .hasMessageContaining("A=B");
  }
}
