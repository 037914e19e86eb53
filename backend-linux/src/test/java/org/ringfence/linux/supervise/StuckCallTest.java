package org.ringfence.linux.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/**
 * A lease of another program blocks the supervisor, which opens the file for a command. Checks that
 * the supervisor still answers other calls and enforces time limits.
 */
class StuckCallTest {
  // linux/fcntl.h, signal.h: a process ignores SIGURG by default.
  private static final int F_SETSIG = 10;
  private static final int F_SETLEASE = 1024;
  private static final int F_UNLCK = 2;
  private static final int SIGURG = 23;
  private static final int PATIENCE_SECONDS = 30;

  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  @TempDir private Path workspace;

  private int takeLease(Path file) throws Exception {
    Files.writeString(file, "");
    try (NativeBlock block = new NativeBlock(8192)) {
      int fd =
          (int)
              kernel.call(
                  Syscall.OPENAT, Constants.AT_FDCWD, block.string(file.toString()), 0x80000, 0);
      kernel.call(Syscall.FCNTL, fd, F_SETSIG, SIGURG);
      assumeTrue(
          kernel.call(Syscall.FCNTL, fd, F_SETLEASE, 0) == 0, "no leases on this file system");
      return fd;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void stuckCallDelaysNoOtherCommandAndEndsAtItsTimeLimit(String backend) throws Exception {
    SandboxPolicy policy =
        Presets.load("workspace-write").toBuilder()
            .wallTime(Duration.ofSeconds(3))
            .grace(Duration.ZERO)
            .build();
    var plan =
        (backend.equals("landlock") ? new LandlockBackend() : new BubblewrapBackend())
            .plan(EffectivePolicy.of(policy, PathContext.current()));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.unmet());
    int lease = takeLease(workspace.resolve("leased"));
    try (Sandbox sandbox = Sandbox.opener(policy).workspace(workspace).backend(backend).open()) {
      SandboxedProcess stuck =
          sandbox.start(SandboxCommand.of("/bin/sh", "-c", "mkdir begun; echo x > leased"));
      while (!Files.exists(workspace.resolve("begun"))) {
        Thread.sleep(5);
      }
      SandboxedProcess other = sandbox.start(SandboxCommand.of("/bin/mkdir", "other"));
      assertThat(other.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(other.exitValue()).isZero();
      assertThat(workspace.resolve("other")).isDirectory();
      assertThat(stuck.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(stuck.termination().orElseThrow().cause()).isEqualTo(Termination.Cause.TIMED_OUT);
    } finally {
      kernel.call(Syscall.FCNTL, lease, F_SETLEASE, F_UNLCK);
      kernel.call(Syscall.CLOSE, lease);
    }
  }

  @Test
  void manyStuckCallsEndAtTheTimeLimit() throws Exception {
    SandboxPolicy policy =
        Presets.load("workspace-write").toBuilder()
            .wallTime(Duration.ofSeconds(3))
            .grace(Duration.ZERO)
            .build();
    var plan = new LandlockBackend().plan(EffectivePolicy.of(policy, PathContext.current()));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.unmet());
    int lease = takeLease(workspace.resolve("leased"));
    try (Sandbox sandbox = Sandbox.opener(policy).workspace(workspace).backend("landlock").open()) {
      SandboxedProcess stuck =
          sandbox.start(
              SandboxCommand.of(
                  "/bin/sh",
                  "-c",
                  "i=0; while [ $i -lt 100 ]; do (echo x > leased) & i=$((i+1)); done; wait"));
      assertThat(stuck.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(stuck.termination().orElseThrow().cause()).isEqualTo(Termination.Cause.TIMED_OUT);
    } finally {
      kernel.call(Syscall.FCNTL, lease, F_SETLEASE, F_UNLCK);
      kernel.call(Syscall.CLOSE, lease);
    }
  }
}
