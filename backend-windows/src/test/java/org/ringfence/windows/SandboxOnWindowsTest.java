package org.ringfence.windows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.SandboxedProcess;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.windows.journal.Installation;

/** Runs real commands from a policy through the public API. */
@EnabledOnOs(value = OS.WINDOWS, disabledReason = "makes real Win32 calls; runs under Wine, too")
class SandboxOnWindowsTest {
  private static final Backends BACKENDS = Backends.of(List.of(new RestrictedTokenBackend()));

  @TempDir private Path workspace;

  @BeforeEach
  void assumeRestrictedTokensWork() {
    assumeTrue(
        BACKENDS.byId("restricted-token").probe().usable(),
        () -> "not here: " + BACKENDS.byId("restricted-token").probe().reasons());
  }

  private static PolicyBuilder policy() {
    return SandboxPolicy.builder()
        .protectedNames(ProtectedNames.OFF)
        .tmp(TmpPolicy.NONE)
        .strictness(Strictness.Mode.BEST_EFFORT);
  }

  private Sandbox.Opener opener(SandboxPolicy policy) {
    return Sandbox.opener(policy).workspace(workspace).backends(BACKENDS);
  }

  @Test
  void commandRunsInTheWorkspaceAndReturnsItsOutput() throws Exception {
    try (Sandbox sandbox = opener(policy().build()).open()) {
      assertThat(sandbox.plan().backend()).isEqualTo("restricted-token");
      SandboxedProcess process =
          sandbox.start(SandboxCommand.of("cmd", "/d", "/c", "echo hello&cd"));
      ByteArrayOutputStream output = new ByteArrayOutputStream();
      process.getInputStream().transferTo(output);
      assertThat(output.toString(StandardCharsets.UTF_8))
          .startsWith("hello\r\n")
          .containsIgnoringCase(workspace.getFileName().toString());
      assertThat(process.waitFor()).isZero();
    }
  }

  @Test
  void strictPolicyIsRefusedBecauseDeletionIsNotContained() {
    SandboxPolicy strict = policy().strictness(Strictness.Mode.STRICT).build();
    assertThatThrownBy(() -> opener(strict).open())
        .isInstanceOfSatisfying(
            SandboxRefusedException.class,
            refused ->
                assertThat(refused.plans().get(0).unmet())
                    .extracting(PlannedGuarantee::guarantee)
                    .contains(Guarantee.FILES_DELETE));
  }

  @Test
  void hookForUnreportableEventsIsRefused() {
    assertThatThrownBy(() -> opener(policy().build()).onExecuted(command -> {}).open())
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("onExecuted");
  }

  @Test
  void filesInTheWorkspaceStayAndTeardownRemovesItsAccessEntry() throws Exception {
    SandboxPolicy writing = policy().write(":workspace").build();
    Installation installation = Installation.ofUser(System.getenv()).orElseThrow();
    try (Sandbox sandbox = opener(writing).open()) {
      assertThat(sandbox.start(SandboxCommand.of("cmd", "/d", "/c", "echo x>made")).waitFor())
          .isZero();
      assertThat(installation.all()).isNotEmpty();
    } finally {
      new WindowsMachineState().teardown();
    }
    assertThat(workspace.resolve("made")).exists();
    assertThat(installation.directory()).doesNotExist();
  }
}
