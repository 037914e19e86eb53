package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;

/** Opens the first sandbox of a JVM whose parent has had the signal of a child's end ignored. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FirstProgramTest {
  @TempDir private Path workspace;

  /** The program of that JVM. */
  static final class Host {
    private Host() {}

    public static void main(String[] arguments) throws Exception {
      SandboxPolicy policy =
          SandboxPolicy.builder()
              .write(":workspace")
              .strictness(Strictness.Mode.BEST_EFFORT)
              .build();
      try (Sandbox sandbox =
          Sandbox.opener(policy).workspace(Path.of(arguments[1])).backend(arguments[0]).open()) {
        System.out.println(sandbox.command("sh", "-c", "exit 3").run().exitCode());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void exitValuesAreRightAndNoProgramIsStartedByProcessBuilder(String backend) throws Exception {
    Path classes = workspace.resolve("classes.log");
    Process host =
        new ProcessBuilder(
                List.of(
                    "sh",
                    "-c",
                    "trap '' CHLD; exec \"$@\"",
                    "sh",
                    System.getProperty("java.home") + "/bin/java",
                    "-Xlog:class+load:file=" + classes,
                    "-cp",
                    System.getProperty("java.class.path"),
                    Host.class.getName(),
                    backend,
                    workspace.toString()))
            .redirectErrorStream(true)
            .start();
    String said = new String(host.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).isEqualTo("3\n");
    assertThat(host.waitFor()).isZero();
    // What JNA asks of the system would be the first.
    assertThat(Files.readString(classes))
        .contains("org.ringfence.linux.bind.Kernel")
        .doesNotContain("java.lang.ProcessImpl ");
  }
}
