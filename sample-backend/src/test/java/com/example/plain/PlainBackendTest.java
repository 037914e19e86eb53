package com.example.plain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Ending;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.SandboxBackend;

/** A backend outside this project needs the interfaces of the API alone. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the commands are scripts of a POSIX shell")
class PlainBackendTest {
  @TempDir Path workspace;

  private Sandbox open(PolicyBuilder policy) throws SandboxException {
    return Sandbox.opener(policy.build()).workspace(workspace).backend("plain").open();
  }

  /** Accepts each weakness that the backend admits. */
  private static PolicyBuilder accepting() {
    return SandboxPolicy.builder()
        .acceptWeaker(EnumSet.complementOf(EnumSet.of(Guarantee.ENVIRONMENT_FILTERED)));
  }

  @Test
  void theServiceLoaderFindsTheBackend() throws SandboxException {
    Backends found = Backends.load();
    assertThat(found.ofThisSystem()).hasExactlyElementsOfTypes(PlainBackend.class);
    SandboxBackend backend = found.byId("none");
    assertThat(backend).isSameAs(found.byId("plain"));
  }

  @Test
  void aCommandRunsWhereThePolicyAcceptsEachWeakness() throws Exception {
    try (Sandbox sandbox =
        open(
            accepting()
                .variable("GREETING", "hello")
                .excludeVariables(java.util.List.of("HOME")))) {
      String script = "echo \"$GREETING ${HOME-hidden} ${OWN}\"; pwd; test -d \"$TMPDIR\"";
      Result result = sandbox.command("/bin/sh", "-c", script).environment("OWN", "there").run();
      assertThat(result.stdout())
          .hasToString("hello hidden there\n" + workspace.toRealPath() + "\n");
      assertThat(result.ending()).isEqualTo(new Ending.Exited(0));
      assertThat(sandbox.plan().backend()).isEqualTo("plain");
      assertThat(sandbox.plan().guarantees())
          .filteredOn(each -> each.level() == Enforcement.ENFORCED)
          .extracting(PlannedGuarantee::guarantee)
          .containsExactly(Guarantee.ENVIRONMENT_FILTERED);
    }
  }

  @Test
  void aPolicyThatAcceptsNoWeaknessIsRefused() {
    assertThatThrownBy(() -> open(SandboxPolicy.builder()))
        .isInstanceOf(SandboxRefusedException.class)
        .hasMessageContaining("plain cannot enforce files.write")
        .hasMessageContaining("commands run as the user does")
        .hasMessageContaining("network.external");
  }

  @Test
  void oneWeaknessThatThePolicyDoesNotAcceptIsEnoughToRefuse() {
    PolicyBuilder policy =
        SandboxPolicy.builder()
            .acceptWeaker(
                EnumSet.complementOf(
                    EnumSet.of(Guarantee.ENVIRONMENT_FILTERED, Guarantee.PROCESS_SIGNALS)));
    assertThatThrownBy(() -> open(policy))
        .isInstanceOf(SandboxRefusedException.class)
        .hasMessageContaining("plain cannot enforce process.signals")
        .hasMessageNotContaining("files.write");
  }

  @Test
  void aCommandEndsWhenItsTimeIsOver() throws Exception {
    try (Sandbox sandbox = open(accepting())) {
      Result result =
          sandbox.command("/bin/sh", "-c", "exec sleep 60").timeout(Duration.ofMillis(50)).run();
      assertThat(result.ending()).isEqualTo(new Ending.TimedOut(Duration.ofMillis(50)));
    }
  }

  @Test
  void closingTheSandboxEndsItsCommands() throws Exception {
    Process process;
    try (Sandbox sandbox = open(accepting())) {
      process = sandbox.start(org.ringfence.SandboxCommand.of("/bin/sh", "-c", "read forever"));
      assertThat(process.isAlive()).isTrue();
    }
    process.waitFor();
    assertThat(process.exitValue()).isNotZero();
  }

  @Test
  void aProgramThatIsNotThereIsReported() throws SandboxException {
    try (Sandbox sandbox = open(accepting())) {
      assertThatThrownBy(() -> sandbox.command("/no/such/program").run())
          .isInstanceOf(CommandNotFoundException.class)
          .hasMessageContaining("/no/such/program");
    }
  }
}
