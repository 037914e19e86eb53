package org.ringfence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.Launch;
import org.ringfence.spi.RemoteBackend;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;

/** A sandbox runs under the very plan that its backend made, for the very places it uses. */
class PlannedOnceTest {
  @TempDir Path workspace;

  /** Records its plans and the sessions that it opens. */
  private static class Recording implements SandboxBackend, BackendSession {
    private final String id;
    private final PlannedGuarantee guarantee;
    final List<SandboxPlan> plans = new ArrayList<>();
    final List<SandboxPlan> opened = new ArrayList<>();
    Optional<Path> tmp = Optional.empty();

    Recording(String id, PlannedGuarantee guarantee) {
      this.id = id;
      this.guarantee = guarantee;
    }

    @Override
    public BackendInfo info() {
      return BackendInfo.of(id, HostSystem.ANY, 1, "records plans");
    }

    @Override
    public Availability probe() {
      return Availability.available(Map.of());
    }

    @Override
    public SandboxPlan plan(EffectivePolicy policy) {
      tmp = policy.places().privateTmp().map(Path::of);
      assertThat(tmp.filter(path -> !Files.isDirectory(path))).isEmpty();
      SandboxPlan plan = new SandboxPlan(id, policy, probe(), List.of(guarantee));
      plans.add(plan);
      return plan;
    }

    @Override
    public String explain(EffectivePolicy policy) {
      return "";
    }

    @Override
    public BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException {
      opened.add(plan);
      return this;
    }

    @Override
    public SandboxedProcess start(Launch launch) throws SandboxException {
      throw new SandboxException("starts nothing");
    }

    @Override
    public boolean flushEvents(java.time.Duration patience) {
      return true;
    }

    @Override
    public void end() {
      // It has started nothing.
    }

    @Override
    public void close() {
      // It has started nothing.
    }
  }

  /** A backend of another system. */
  private static final class Elsewhere extends Recording implements RemoteBackend {
    Elsewhere(PlannedGuarantee guarantee) {
      super("elsewhere", guarantee);
    }

    @Override
    public Optional<Boolean> verify(Verification.Request request, Appendable report) {
      return Optional.empty();
    }

    @Override
    public List<String> unconfined(List<String> command) {
      return command;
    }
  }

  private static PlannedGuarantee enforced() {
    return PlannedGuarantee.enforced(Guarantee.FILES_WRITE, "s", "m");
  }

  private static PlannedGuarantee unsupported() {
    return PlannedGuarantee.unsupported(Guarantee.FILES_WRITE, "s", "cannot", "another");
  }

  private Sandbox open(SandboxPolicy policy, SandboxBackend... backends) throws SandboxException {
    return Sandbox.opener(policy)
        .workspace(workspace)
        .backends(Backends.of(List.of(backends)))
        .open();
  }

  private static SandboxPolicy policy() {
    return SandboxPolicy.builder().build();
  }

  @Test
  void theOpenedPlanIsTheOneThatTheBackendMade() throws SandboxException {
    Recording backend = new Recording("local", enforced());
    try (Sandbox sandbox = open(policy(), backend)) {
      assertThat(backend.plans).hasSize(1);
      assertThat(backend.opened.get(0)).isSameAs(backend.plans.get(0)).isSameAs(sandbox.plan());
      assertThat(backend.tmp.orElseThrow()).isDirectory();
    }
    assertThat(backend.tmp.orElseThrow()).doesNotExist();
  }

  @Test
  void eachBackendPlansOnceWhereTheCheapestDoesNotEnforceAll() throws SandboxException {
    Recording weak = new Recording("weak", unsupported());
    Recording strong = new Recording("strong", enforced());
    try (Sandbox sandbox = open(policy(), weak, strong)) {
      assertThat(sandbox.plan().backend()).isEqualTo("strong");
      assertThat(weak.plans).hasSize(1);
      assertThat(strong.plans).hasSize(1);
      assertThat(sandbox.plan()).isSameAs(strong.plans.get(0));
    }
  }

  @Test
  void aRefusalLeavesNoTemporaryDirectory() {
    Recording backend = new Recording("local", unsupported());
    assertThatThrownBy(() -> open(policy(), backend)).isInstanceOf(SandboxRefusedException.class);
    assertThat(backend.opened).isEmpty();
    assertThat(backend.tmp.orElseThrow()).doesNotExist();
  }

  @Test
  void aBackendOfAnotherSystemPlansWithoutADirectoryOfThisOne() throws SandboxException {
    Elsewhere backend = new Elsewhere(enforced());
    try (Sandbox sandbox = open(policy(), backend)) {
      assertThat(sandbox.plan()).isSameAs(backend.plans.get(0)).isSameAs(backend.opened.get(0));
      assertThat(backend.tmp).isEmpty();
    }
  }

  @Test
  void theDirectoryForALocalBackendIsRemovedWhenARemoteOneIsChosen() throws SandboxException {
    Recording weak = new Recording("weak", unsupported());
    Elsewhere remote = new Elsewhere(enforced());
    try (Sandbox sandbox = open(policy(), weak, remote)) {
      assertThat(sandbox.plan().backend()).isEqualTo("elsewhere");
      assertThat(sandbox.plan().policy().places().privateTmp()).isEmpty();
      assertThat(weak.tmp.orElseThrow()).doesNotExist();
    }
  }
}
