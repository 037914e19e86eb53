package org.ringfence.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** A JVM with a small heap that opens a sandbox: the main class of a test. */
public final class SmallJvm {
  private final Class<?> main;
  private final int megabytes;
  private final int patienceSeconds;

  /**
   * Describes a JVM.
   *
   * @param main takes the workspace, the backend and more
   * @param megabytes the size of its heap
   * @param patienceSeconds the time in which it has to end
   */
  public SmallJvm(Class<?> main, int megabytes, int patienceSeconds) {
    this.main = main;
    this.megabytes = megabytes;
    this.patienceSeconds = patienceSeconds;
  }

  /** Skips the test where a backend refuses the policy of these tests. */
  public static void assumeAccepted(String backend) {
    var plan =
        (backend.equals("landlock") ? new LandlockBackend() : new BubblewrapBackend())
            .plan(EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current()));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.unmet());
  }

  /** Runs the JVM and returns the lines that it has printed. */
  public List<String> run(Path workspace, String... arguments) throws Exception {
    Path output = workspace.resolveSibling(workspace.getFileName() + ".out");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + megabytes + "m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                workspace.toString()));
    command.addAll(List.of(arguments));
    Process jvm =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      boolean ended = jvm.waitFor(patienceSeconds, TimeUnit.SECONDS);
      List<String> said = Files.readAllLines(output);
      assertThat(ended).as("%s", said).isTrue();
      return said;
    } finally {
      jvm.destroyForcibly().waitFor();
      Files.deleteIfExists(output);
    }
  }
}
