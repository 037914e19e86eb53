package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.Presets;

/** Checks that no command reaches this JVM through the thread that started the command. */
@EnabledOnOs(OS.LINUX)
class ThreadSignalsTest {
  // Signal 0 shows what a signal would reach, and harms nothing.
  private static final String ATTACK =
      "for task in /proc/$0/task/*; do kill -0 ${task##*/} 2>/dev/null && echo reached $task; done;"
          + " sleep 60 & kill -0 $! && kill $! && echo signalled its child";

  private static final long PATIENCE_SECONDS = 60;

  @TempDir private Path workspace;

  @ParameterizedTest
  @CsvSource({
    "landlock, workspace-write, KILL",
    "landlock, danger-full-access, KILL",
    "landlock, workspace-write, KEEP",
    "bubblewrap, workspace-write, KEEP"
  })
  void aCommandSignalsItsChildrenAndNoThreadOfTheJvm(
      String backend, String preset, Leftovers leftovers) throws Exception {
    SandboxPolicy policy =
        Presets.load(preset).toBuilder().lifetime(new Lifetime(leftovers, Leftovers.KILL)).build();
    try (Sandbox sandbox = open(policy, backend)) {
      String jvm = Long.toString(ProcessHandle.current().pid());
      Process process = sandbox.start(SandboxCommand.of("/bin/sh", "-c", ATTACK, jvm));
      assertThat(process.inputReader().lines()).containsExactly("signalled its child");
    }
  }

  /** A JVM whose command outlives it. */
  static final class Leaving {
    private Leaving() {}

    public static void main(String[] args) throws Exception {
      SandboxPolicy policy =
          Presets.load("danger-full-access").toBuilder()
              .lifetime(new Lifetime(Leftovers.KEEP, Leftovers.KEEP))
              .build();
      Sandbox sandbox =
          Sandbox.opener(policy).workspace(Path.of(args[0])).backend("landlock").open();
      String script =
          "echo up; i=0; while [ ! -e go ] && [ $((i += 1)) -lt 600 ]; do sleep 0.1; done;"
              + " sleep 60 & kill $! && echo >killed";
      Process kept = sandbox.start(SandboxCommand.of("/bin/sh", "-c", script));
      System.out.println(kept.inputReader().readLine());
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  @Test
  void aCommandThatOutlivesTheJvmSignalsItsChildren() throws Exception {
    open(Presets.load("danger-full-access"), "landlock").close();
    UnscopedKillTest.start(Leaving.class, workspace.toString()).destroyForcibly().waitFor();
    Files.createFile(workspace.resolve("go"));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!Files.exists(workspace.resolve("killed")) && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    assertThat(workspace.resolve("killed")).exists();
  }

  private Sandbox open(SandboxPolicy policy, String backend) {
    try {
      return Sandbox.opener(policy).workspace(workspace).backend(backend).open();
    } catch (SandboxException e) {
      assumeTrue(false, "refused here: " + e.getMessage());
      throw new IllegalStateException(e);
    }
  }
}
