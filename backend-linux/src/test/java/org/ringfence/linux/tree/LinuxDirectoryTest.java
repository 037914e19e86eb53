package org.ringfence.linux.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Target;
import org.ringfence.file.TreeVisitor;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;

@EnabledOnOs(OS.LINUX)
class LinuxDirectoryTest {
  private static final String NAME = "d".repeat(200);

  @TempDir private Path base;
  private LinuxDirectories directories;

  @BeforeEach
  void createOutside() throws IOException {
    base = base.toRealPath();
    directories = new LinuxDirectories(new Kernel(Arch.current().orElseThrow()));
    Files.createDirectories(base.resolve("outside"));
    Files.writeString(base.resolve("outside/kept"), "kept");
  }

  private HeldDirectory held() throws IOException {
    return directories.open(base);
  }

  private static void deepen(HeldDirectory start, int levels) throws IOException {
    HeldDirectory at = start;
    for (int i = 0; i < levels; i++) {
      at.makeDirectory(NAME, 0700);
      at.write("file", new byte[] {1});
      HeldDirectory next = at.open(NAME);
      if (at != start) {
        at.close();
      }
      at = next;
    }
    at.close();
  }

  @Test
  void treeDeeperThanTheLongestPathIsRemoved() throws IOException {
    for (int levels : new int[] {1, 19, 20, 21, 300}) {
      try (HeldDirectory held = held()) {
        held.makeDirectory("tree", 0700);
        try (HeldDirectory tree = held.open("tree")) {
          deepen(tree, levels);
        }
        held.removeTree("tree");
      }
      assertThat(base.resolve("tree")).doesNotExist();
    }
  }

  @Test
  void treeWithoutPermissionsIsRemoved() throws IOException {
    Path locked = Files.createDirectories(base.resolve("tree/one/two"));
    Files.writeString(locked.resolve("file"), "x");
    for (Path each : List.of(locked, locked.getParent(), base.resolve("tree"))) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("---------"));
    }
    try (HeldDirectory held = held()) {
      held.removeTree("tree");
    }
    assertThat(base.resolve("tree")).doesNotExist();
  }

  @Test
  void removalDeletesLinksWithoutFollowingThem() throws IOException {
    Files.createDirectories(base.resolve("tree"));
    Files.createSymbolicLink(base.resolve("tree/link"), base.resolve("outside"));
    Files.createSymbolicLink(base.resolve("root"), base.resolve("outside"));
    try (HeldDirectory held = held()) {
      held.removeTree("tree");
      held.removeTree("root");
      held.removeTree("nothing");
    }
    assertThat(base.resolve("tree")).doesNotExist();
    assertThat(base.resolve("root")).doesNotExist();
    assertThat(base.resolve("outside/kept")).hasContent("kept");
  }

  @Test
  void openRefusesLinksAndPaths() throws IOException {
    Files.createSymbolicLink(base.resolve("link"), base.resolve("outside"));
    assertThatThrownBy(() -> directories.open(base.resolve("link")))
        .isInstanceOf(IOException.class);
    try (HeldDirectory held = held()) {
      for (String name : List.of("link", "..", ".", "", "outside/kept")) {
        assertThatThrownBy(() -> held.open(name)).as(name).isInstanceOf(IOException.class);
      }
      assertThatThrownBy(() -> held.read("link", 10)).isInstanceOf(IOException.class);
      try (HeldDirectory outside = held.open("outside")) {
        assertThat(outside.names()).containsExactly("kept");
      }
    }
  }

  @Test
  void walkFailsWhenItsDirectoryIsMovedAway() throws IOException {
    Files.createDirectories(base.resolve("tree/inner/deep"));
    Files.writeString(base.resolve("tree/inner/deep/file"), "x");
    try (HeldDirectory held = held();
        HeldDirectory tree = held.open("tree")) {
      assertThatThrownBy(
              () ->
                  tree.walk(
                      new TreeVisitor() {
                        @Override
                        public boolean visit(Entry entry) throws IOException {
                          if (entry.name().equals("file")) {
                            // Move a directory that the walk has entered.
                            Files.move(
                                base.resolve("tree/inner/deep"), base.resolve("outside/deep"));
                          }
                          return true;
                        }
                      }))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("being changed");
    }
  }

  @Test
  void existingFilesAreNotReplaced() throws IOException {
    try (HeldDirectory held = held()) {
      held.write("one", "1".getBytes());
      held.write("two", "2".getBytes());
      assertThatThrownBy(() -> held.move("one", held, "two", Target.NEW))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> held.write("one", new byte[0])).isInstanceOf(IOException.class);
      held.move("one", held, "two", Target.EXCHANGED);
    }
    assertThat(base.resolve("one")).hasContent("2");
    assertThat(base.resolve("two")).hasContent("1");
  }

  @Test
  void filesAreCopiedWithContentTimeAndMode() throws IOException {
    Path file = base.resolve("file");
    try (var channel =
        Files.newByteChannel(
            file,
            java.nio.file.StandardOpenOption.CREATE,
            java.nio.file.StandardOpenOption.WRITE)) {
      channel.write(java.nio.ByteBuffer.wrap("begin".getBytes()));
      channel.position(3 << 20);
      channel.write(java.nio.ByteBuffer.wrap("end".getBytes()));
    }
    try (HeldDirectory held = held()) {
      held.copyFile("file", held, "copy", 0640);
    }
    assertThat(base.resolve("copy")).hasSameBinaryContentAs(file);
    assertThat(Files.getLastModifiedTime(base.resolve("copy")))
        .isEqualTo(Files.getLastModifiedTime(file));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(base.resolve("copy"))))
        .isEqualTo("rw-r-----");
  }

  @Test
  void pipesFailToReadInsteadOfBlocking() throws IOException {
    try (HeldDirectory held = held()) {
      held.makePipe("pipe", 0600);
      assertThatThrownBy(() -> held.read("pipe", 1)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> held.copyFile("pipe", held, "copy", 0600))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void lockIsExclusive() throws IOException {
    try (HeldDirectory held = held();
        HeldDirectory other = held.open("outside")) {
      try (HeldDirectory one = held.open("outside")) {
        assertThat(one.lock()).isTrue();
        assertThat(other.lock()).isFalse();
      }
      assertThat(other.lock()).isTrue();
    }
  }
}
