package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.json.Presets;
import org.ringfence.spi.SandboxBackend;

/** Kills a sandbox's watchdog, without which its commands would outlive a killed JVM. */
class EndedWatchdogTest {
  private static final int LAST_UNSCOPED_ABI = 5;

  @TempDir private Path workspace;

  private static SandboxBackend backend(String name) {
    return switch (name) {
      case "landlock" -> new LandlockBackend();
      case "landlock without scopes" -> LandlockBackend.atMost(LAST_UNSCOPED_ABI);
      default -> new BubblewrapBackend();
    };
  }

  private static Set<ProcessHandle> watchdogs() {
    return ProcessHandle.current()
        .children()
        .filter(
            each ->
                Arrays.asList(each.info().arguments().orElse(new String[0]))
                    .contains("ringfence-watchdog"))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "landlock without scopes", "bubblewrap"})
  void sandboxWithoutItsWatchdogEndsItsCommandsAndStartsNoMore(String name) throws Exception {
    assumeTrue(backend(name).probe().usable(), () -> "no " + name + " here");
    Set<ProcessHandle> others = watchdogs();
    try (Sandbox sandbox =
        Sandbox.opener(Presets.load("workspace-write"))
            .workspace(workspace)
            .backends(Backends.of(List.of(backend(name))))
            .open()) {
      Set<ProcessHandle> own = watchdogs();
      own.removeAll(others);
      assertThat(own).hasSize(1);
      sandbox.command("true").run().check();
      SandboxedProcess running = sandbox.start(SandboxCommand.of("sleep", "1000"));
      assertThat(own.iterator().next().destroyForcibly()).isTrue();
      assertThat(running.waitFor(30, TimeUnit.SECONDS)).as("the command has ended").isTrue();
      assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("true")))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("watchdog");
    }
  }
}
