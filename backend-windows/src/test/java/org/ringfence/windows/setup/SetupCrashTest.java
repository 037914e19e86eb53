package org.ringfence.windows.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.FakeAdministration;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.WindowsError;

/** Interrupts set-up between any two calls and makes its calls fail. */
@DisabledOnOs(
    value = OS.WINDOWS,
    disabledReason = "thousands of set-ups on a fake Windows, the same on every system")
class SetupCrashTest {
  @TempDir private Path directory;
  private int stages;

  /** The change that the test interrupts. */
  private enum Change {
    FIRST {
      @Override
      void run(SetupStage stage) throws SandboxException {
        stage.provisioning().setup(stage.request());
      }
    },
    CLOSING_THE_NETWORK {
      @Override
      void prepare(SetupStage stage) throws SandboxException {
        stage.provisioning().setup(stage.request(SetupStage.HOME, false, false));
      }

      @Override
      void run(SetupStage stage) throws SandboxException {
        stage.provisioning().setup(stage.request());
      }
    },
    OPENING_THE_NETWORK {
      @Override
      void prepare(SetupStage stage) throws SandboxException {
        stage.provisioning().setup(stage.request());
      }

      @Override
      void run(SetupStage stage) throws SandboxException {
        stage.provisioning().setup(stage.request(SetupStage.HOME, false, false));
      }
    },
    OTHER_PASSWORDS {
      @Override
      void prepare(SetupStage stage) throws SandboxException {
        stage.provisioning().setup(stage.request());
      }

      @Override
      void run(SetupStage stage) throws SandboxException {
        stage.provisioning().setup(stage.request(SetupStage.HOME, true, true));
      }
    },
    TEARDOWN {
      @Override
      void prepare(SetupStage stage) throws SandboxException {
        stage.provisioning().setup(stage.request());
      }

      @Override
      void run(SetupStage stage) throws SandboxException {
        stage.provisioning().teardown(SetupStage.id(SetupStage.HOME));
      }
    };

    void prepare(SetupStage stage) throws SandboxException {
      // The machine is empty before.
    }

    abstract void run(SetupStage stage) throws SandboxException;
  }

  private SetupStage stage() throws Exception {
    return new SetupStage(Files.createDirectory(directory.resolve("stage-" + stages++)));
  }

  /** Asserts that no enabled offline user reaches the network. */
  static void assertNetworkIsClosed(SetupStage stage) throws Exception {
    FakeAdministration machine = stage.windows.administration;
    for (var user : machine.users.entrySet()) {
      if (!user.getKey().endsWith("-off") || user.getValue().disabled) {
        continue;
      }
      Sid sid = user.getValue().sid;
      for (String address : List.of("8.8.8.8", "2001:db8::1", "127.0.0.1", "::1")) {
        InetAddress to = InetAddress.getByName(address);
        assertThat(machine.reaches(sid, true, to, 443)).as(address).isFalse();
        assertThat(machine.reaches(sid, false, to, 53)).as(address).isFalse();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Change.class)
  void repairRestoresTheOldOrTheNewStateAfterAnyCrash(Change change) throws Exception {
    SetupStage whole = stage();
    change.prepare(whole);
    final String before = whole.everything();
    change.run(whole);
    final String after = whole.everything();
    assertThat(after)
        .satisfiesAnyOf(
            text -> assertThat(text).isNotEqualTo(before),
            text -> assertThat(change).isEqualTo(Change.OTHER_PASSWORDS));
    int survived = 0;
    int step = Boolean.getBoolean("ringfence.test.full") ? 1 : 3;
    for (int calls = 0; ; calls += step) {
      SetupStage stage = stage();
      change.prepare(stage);
      stage.windows.calls.clear();
      stage.windows.dieAfter = calls;
      boolean died = false;
      try {
        change.run(stage);
      } catch (FakeWindows.Died e) {
        died = true;
      }
      stage.windows.dieAfter = Integer.MAX_VALUE;
      assertNetworkIsClosed(stage);
      List<Finding> findings = stage.provisioning().repair();
      assertThat(findings).as("after %d calls", calls).allMatch(Finding::fine);
      assertThat(stage.everything()).as("after %d calls", calls).isIn(before, after);
      assertNetworkIsClosed(stage);
      assertThat(stage.machine.journals()).isEmpty();
      // A second attempt completes the change.
      change.run(stage);
      assertThat(stage.everything()).as("again after %d calls", calls).isEqualTo(after);
      if (!died) {
        break;
      }
      survived++;
    }
    assertThat(survived * step).isGreaterThan(20);
  }

  private static Set<String> callsOfSetUpAndTeardown(SetupStage stage) throws Exception {
    stage.provisioning().setup(stage.request());
    stage.provisioning().teardown(SetupStage.id(SetupStage.HOME));
    return new LinkedHashSet<>(stage.windows.calls);
  }

  @Test
  void everyFailedCallIsReportedAndLeavesNoEnabledUser() throws Exception {
    List<String> calls = new ArrayList<>(callsOfSetUpAndTeardown(stage()));
    List<WindowsError> errors = List.of(WindowsError.values());
    for (int i = 0; i < Math.max(calls.size(), errors.size()); i++) {
      String call = calls.get(i % calls.size());
      WindowsError error = errors.get(i % errors.size());
      SetupStage stage = stage();
      stage.windows.fail(call, error.code());
      try {
        stage.provisioning().setup(stage.request());
      } catch (SandboxException e) {
        assertThat(e)
            .hasMessageContaining(WindowsError.describe(error.code()))
            .hasMessageContaining(error.remedy());
        assertThat(stage.windows.administration.users.values())
            .as("%s fails with %s", call, error)
            .allMatch(user -> user.disabled);
        assertThat(stage.machine.clients()).isEmpty();
      }
      assertNetworkIsClosed(stage);
      assertThat(stage.windows.openHandles()).as(call).isZero();
      stage.windows.stopFailing();
      stage.provisioning().setup(stage.request());
      assertThat(stage.provisioning().status()).allMatch(Finding::fine);
    }
  }

  @Test
  void firstFailingStepIsNamed() throws Exception {
    SetupStage stage = stage();
    stage.windows.fail("NetUserAdd", WindowsError.PASSWORD_REFUSED.code());
    assertThatThrownBy(() -> stage.provisioning().setup(stage.request()))
        .isInstanceOfSatisfying(
            SetupException.class, e -> assertThat(e.step()).startsWith("user rf-"))
        .hasMessageContaining("error 2245")
        .hasMessageContaining("password policy");
  }
}
