package org.ringfence.linux.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.SmallJvm;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.json.Presets;

/** Checks that a JVM with a full heap ends its commands, at the latest at their time limit. */
class FullHeapTest {
  private static final int PATIENCE_SECONDS = 60;

  @TempDir private Path workspace;

  /** Fills the heap of this JVM while a command runs, and prints how the command ends. */
  public static final class Host {
    private Host() {}

    /** Takes the workspace, the backend, and the way to end the command. */
    public static void main(String[] args) throws Exception {
      PolicyBuilder policy = Presets.load("workspace-write").toBuilder();
      if (!args[2].equals("forcibly")) {
        policy.wallTime(Duration.ofSeconds(3)).grace(Duration.ZERO);
      }
      Sandbox sandbox =
          Sandbox.opener(policy.build()).workspace(Path.of(args[0])).backend(args[1]).open();
      // A command without supervised calls ends at its time limit. A command with such calls ends
      // when the supervisor cannot answer. While collections still free a little memory, the
      // supervisor answers slowly, and the command ends at its time limit as well.
      String script =
          args[2].equals("calls")
              ? "echo $$ > begun; while :; do mkdir d; rmdir d; done"
              : "echo $$ > begun; while :; do :; done";
      SandboxedProcess process = sandbox.start(SandboxCommand.of("/bin/sh", "-c", script));
      process.getOutputStream().close();
      while (!Files.exists(Path.of(args[0], "begun"))) {
        Thread.sleep(5);
      }
      // File.exists needs no heap memory.
      File proc = new File("/proc/" + process.pid() + "/stat");
      boolean forcibly = args[2].equals("forcibly");
      Object[] hoard = hoard();
      // From here only memory that a collection frees can be allocated.
      for (int i = 0; process.isAlive(); i++) {
        try {
          hoard = new Object[] {hoard, new byte[64]};
        } catch (OutOfMemoryError e) {
          forcibly = forcibly && !destroyed(process);
          if (!proc.exists()) {
            break;
          }
        }
      }
      hoard = null;
      process.waitFor();
      System.out.println("ended " + process.termination().orElseThrow().cause());
      sandbox.close();
      System.exit(0);
    }

    private static boolean destroyed(SandboxedProcess process) {
      try {
        process.destroyForcibly();
        return true;
      } catch (OutOfMemoryError e) {
        return false;
      }
    }

    private static Object[] hoard() {
      Object[] hoard = new Object[0];
      for (int size = 1 << 20; size >= 16; ) {
        try {
          hoard = new Object[] {hoard, new byte[size]};
        } catch (OutOfMemoryError e) {
          size /= 2;
        }
      }
      return hoard;
    }
  }

  @Timeout(120)
  @ParameterizedTest
  @CsvSource({
    "landlock, time",
    "landlock, calls",
    "landlock, forcibly",
    "bubblewrap, time",
    "bubblewrap, calls"
  })
  void commandEndsInAJvmWithAFullHeap(String backend, String how) throws Exception {
    SmallJvm.assumeAccepted(backend);
    List<String> said = new SmallJvm(Host.class, 24, PATIENCE_SECONDS).run(workspace, backend, how);
    assertThat(said).anyMatch(line -> line.startsWith("ended "));
  }
}
