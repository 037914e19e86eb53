package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.Presets;

/**
 * Commands may use up a user's process limit, and with it the threads of the JVM that started them.
 * The JVM still enforces time limits and reports failed starts.
 */
class NoThreadsTest {
  private static final int FEW = 1;
  private static final int ENOUGH = 1000;

  /** The JVM under test; each line on its input announces a change of its thread limit. */
  static final class Few {
    private Few() {}

    public static void main(String[] arguments) throws Exception {
      Path workspace = Path.of(arguments[0]);
      SandboxPolicy policy = Presets.load("workspace-write");
      SandboxPolicy brief = policy.toBuilder().wallTime(Duration.ofSeconds(4)).build();
      try (Sandbox sandbox =
              Sandbox.opener(policy).workspace(workspace).backend("landlock").open();
          Sandbox timed = Sandbox.opener(brief).workspace(workspace).backend("landlock").open()) {
        sandbox.start(SandboxCommand.of("mkfifo", "fifo")).waitFor();
        // The shell opens a FIFO, for which the supervisor would start a thread, and never ends.
        SandboxedProcess waiting =
            timed.start(
                SandboxCommand.of(
                    "/bin/sh", "-c", "read x; echo y >fifo || echo put off; while :; do :; done"));
        System.out.println("begun");
        System.in.read();
        waiting.getOutputStream().write('\n');
        waiting.getOutputStream().flush();
        for (int i = 0; i < 4; i++) {
          // The first attempts use a thread that was started early, but get no process.
          System.out.println("refused " + refused(sandbox));
        }
        String told = new String(waiting.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        System.out.println("said " + told.strip());
        waiting.waitFor();
        System.out.println("ended " + waiting.termination().orElseThrow().cause());
        System.in.read();
        System.out.println("started " + sandbox.start(SandboxCommand.of("true")).waitFor());
      }
    }

    private static String refused(Sandbox sandbox) throws InterruptedException {
      try {
        sandbox.start(SandboxCommand.of("true")).waitFor();
        return "";
      } catch (SandboxException e) {
        return String.valueOf(e.getMessage());
      }
    }
  }

  @Test
  void jvmWithoutThreadsEnforcesTimeLimitsAndReportsFailedStarts() throws Exception {
    assumeTrue(new LandlockBackend().probe().usable(), "no Landlock here");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "prlimit (util-linux) is missing");
    try (OrdinaryUser user = OrdinaryUser.create()) {
      Path workspace = user.directory("workspace");
      Process jvm = user.java(Few.class.getName(), workspace.toString()).start();
      try (BufferedReader told = jvm.inputReader()) {
        assertThat(told.readLine()).isEqualTo("begun");
        limitThreads(jvm, FEW);
        writeLine(jvm);
        // The timer kills a JVM that hangs, so its output ends.
        CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS).execute(jvm::destroyForcibly);
        for (int i = 0; i < 4; i++) {
          assertThat(told.readLine()).contains("no process or thread left");
        }
        assertThat(told.readLine()).isEqualTo("said put off");
        assertThat(told.readLine()).isEqualTo("ended TIMED_OUT");
        limitThreads(jvm, ENOUGH);
        writeLine(jvm);
        assertThat(told.readLine()).isEqualTo("started 0");
      } finally {
        jvm.destroyForcibly();
      }
    }
  }

  private static void writeLine(Process jvm) throws IOException {
    jvm.getOutputStream().write('\n');
    jvm.getOutputStream().flush();
  }

  private static void limitThreads(Process jvm, int threads) throws Exception {
    // The user itself sets only the soft limit: root in a container may lack the capability.
    Process prlimit =
        new ProcessBuilder(
                "/usr/bin/setpriv",
                "--reuid=" + OrdinaryUser.ID,
                "--regid=" + OrdinaryUser.ID,
                "--clear-groups",
                "/usr/bin/prlimit",
                "--pid=" + jvm.pid(),
                "--nproc=" + threads + ":")
            .inheritIO()
            .start();
    assertThat(prlimit.waitFor()).isZero();
  }
}
