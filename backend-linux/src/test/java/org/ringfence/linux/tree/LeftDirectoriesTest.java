package org.ringfence.linux.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.file.TreeRemoval;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.json.Presets;

@EnabledOnOs(OS.LINUX)
class LeftDirectoriesTest {
  private static final String DEAD = "00000000000000";

  private static Sandbox open() throws Exception {
    LandlockBackend backend = new LandlockBackend();
    assumeTrue(backend.probe().usable(), "Landlock is not here");
    SandboxPolicy policy =
        Presets.load("workspace-write").toBuilder().strictness(Strictness.Mode.BEST_EFFORT).build();
    return Sandbox.opener(policy).backends(Backends.of(List.of(backend))).open();
  }

  private static Path tmpOf(Sandbox sandbox) {
    return Path.of(sandbox.plan().policy().places().privateTmp().orElseThrow());
  }

  private static boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  @Test
  void onlyDirectoriesOfDeadJvmsAreRemoved() throws Exception {
    try (Sandbox living = open()) {
      Path base = tmpOf(living).getParent().getParent();
      Path empty = Files.createDirectory(base.resolve(DEAD + "01"));
      Path full = Files.createDirectories(base.resolve(DEAD + "02/inner")).getParent();
      Path outside = Files.createTempFile("left-", ".txt");
      Files.createSymbolicLink(full.resolve("inner/link"), outside.getParent());
      Files.setPosixFilePermissions(full, PosixFilePermissions.fromString("---------"));
      Path link = Files.createSymbolicLink(base.resolve(DEAD + "03"), outside.getParent());
      Path outliving = Files.createDirectory(base.resolve(DEAD + "04-outliving"));
      Path foreign = Files.createDirectory(base.resolve("other"));
      try (Sandbox next = open()) {
        while (exists(empty) || exists(full)) {
          Thread.sleep(5);
        }
        assertThat(List.of(link, outliving, foreign, outside))
            .allMatch(LeftDirectoriesTest::exists);
        assertThat(tmpOf(living)).isDirectory();
        assertThat(tmpOf(next)).isDirectory();
      } finally {
        Files.delete(link);
        TreeRemoval.remove(outliving);
        TreeRemoval.remove(foreign);
        Files.delete(outside);
      }
    }
  }

  @Test
  void eachSandboxHasAPrivateDirectoryUntilItCloses() throws Exception {
    Path one;
    try (Sandbox first = open();
        Sandbox second = open()) {
      one = tmpOf(first);
      assertThat(one).isNotEqualTo(tmpOf(second)).isDirectory();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
          .isEqualTo("rwx------");
      // The path of a socket has 107 bytes (sys/un.h).
      assertThat(one.toString().length()).isLessThan(70);
    }
    assertThat(one).doesNotExist();
  }
}
