package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.plan.Availability;
import org.ringfence.policy.json.Presets;

/**
 * Checks names with {@code ..}. The kernel gives up a bounded look-up of such a name with EAGAIN
 * when any process of the machine renames a directory or mounts meanwhile (openat2(2)).
 */
class ParentNamesTest {
  private static final int OPENS = 3000;

  @TempDir private Path workspace;
  @TempDir private Path elsewhere;

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void parentNamesResolveWhileOtherProgramsRename(String backend) throws Exception {
    Availability there =
        backend.equals("landlock")
            ? new LandlockBackend().probe()
            : new BubblewrapBackend().probe();
    assumeTrue(there.usable(), () -> "not here: " + there.reasons());
    Files.createDirectory(workspace.resolve("d"));
    Path one = Files.createDirectory(elsewhere.resolve("one"));
    Path two = Files.createDirectory(elsewhere.resolve("two"));
    Files.createDirectory(one.resolve("moved"));
    AtomicBoolean ended = new AtomicBoolean();
    Thread renames =
        new Thread(
            () -> {
              boolean back = false;
              while (!ended.get()) {
                Path from = (back ? two : one).resolve("moved");
                Path to = (back ? one : two).resolve("moved");
                back ^= from.toFile().renameTo(to.toFile());
              }
            });
    renames.start();
    try (Sandbox sandbox =
        Sandbox.opener(Presets.workspaceWrite()).workspace(workspace).backend(backend).open()) {
      Result result =
          sandbox
              .command(
                  "sh",
                  "-c",
                  "i=0; while [ $i -lt "
                      + OPENS
                      + " ]; do : > d/../file || exit 1; i=$((i+1)); done; echo $i")
              .run();
      assertThat(result.stdout().text()).as(result.stderr().text()).isEqualTo(OPENS + "\n");
    } finally {
      ended.set(true);
      renames.join();
    }
  }
}
