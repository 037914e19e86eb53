package org.ringfence.linux.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.file.HeldDirectory;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.tree.LinuxDirectories;

@EnabledOnOs(OS.LINUX)
class QuarantineTest {
  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  @TempDir private Path base;
  private Path tree;
  private Path place;

  @BeforeEach
  void makeTree() throws IOException {
    base = base.toRealPath();
    tree = Files.createDirectory(base.resolve("tree"));
    place = base.resolve("state/found/day");
  }

  private String take(Path from, String name, Path to) throws Exception {
    try (Quarantine quarantine = new Quarantine(kernel, to);
        HeldDirectory directory = new LinuxDirectories(kernel).open(from)) {
      return quarantine.take(directory, name, from + "/" + name);
    }
  }

  private static void permit(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private List<String> names(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(each -> each.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void nameIsMovedAndItsOriginIsKept() throws Exception {
    Files.writeString(tree.resolve(".envrc"), "evil");
    assertThat(take(tree, ".envrc", place)).isEqualTo("moved to " + place.resolve("1"));
    assertThat(names(tree)).isEmpty();
    assertThat(place.resolve("1")).hasContent("evil");
    assertThat(place.resolve("origins.txt")).hasContent("1 " + tree.resolve(".envrc") + "\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(place)))
        .isEqualTo("rwx------");
  }

  @Test
  void nameInADirectoryThatItsOwnerMayNotWriteIsMoved() throws Exception {
    Path closed = Files.createDirectories(tree.resolve("closed/.vscode")).getParent();
    Files.writeString(closed.resolve(".vscode/tasks.json"), "evil");
    permit(closed.resolve(".vscode"), "r-xr-xr-x");
    permit(closed, "r-xr-xr-x");
    assertThat(take(closed, ".vscode", place)).startsWith("moved to ");
    assertThat(names(closed)).isEmpty();
    assertThat(place.resolve("1/tasks.json")).hasContent("evil");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(closed)))
        .isEqualTo("r-xr-xr-x");
    permit(closed, "rwx------");
    Files.delete(place.resolve("1/tasks.json"));
  }

  @Test
  void nameThatCannotBeMovedIsRenamed() throws Exception {
    Files.writeString(base.resolve("state"), "no directory");
    for (String name : List.of(".envrc", "x".repeat(255))) {
      Files.writeString(tree.resolve(name), "evil");
      assertThat(take(tree, name, place)).startsWith("renamed to ").contains("could not be moved");
      List<String> left = names(tree);
      assertThat(left).hasSize(1).first().asString().contains(".found-day-").isNotEqualTo(name);
      assertThat(tree.resolve(left.get(0))).hasContent("evil");
      Files.delete(tree.resolve(left.get(0)));
    }
  }

  @Test
  void pipeOnAnotherFileSystemIsRenamedAndLeavesNoPartOfACopy() throws Exception {
    Path memory = Path.of("/dev/shm");
    assumeTrue(
        Files.isWritable(memory)
            && !Files.getFileStore(memory).name().equals(Files.getFileStore(base).name()),
        "one file system");
    Path other = Files.createTempDirectory(memory, "rf").toRealPath();
    try {
      Files.createDirectories(tree.resolve(".vscode"));
      Files.writeString(tree.resolve(".vscode/tasks.json"), "evil");
      try (HeldDirectory held = new LinuxDirectories(kernel).open(tree.resolve(".vscode"))) {
        held.makePipe("pipe", 0600);
      }
      assertThat(take(tree, ".vscode", other.resolve("a"))).startsWith("renamed to .vscode.found-");
      assertThat(names(other.resolve("a"))).isEmpty();
      Files.writeString(tree.resolve(".envrc"), "evil");
      assertThat(take(tree, ".envrc", other.resolve("b"))).startsWith("moved to ");
      assertThat(other.resolve("b/1")).hasContent("evil");
      assertThat(tree.resolve(".envrc")).doesNotExist();
    } finally {
      try (HeldDirectory held = new LinuxDirectories(kernel).open(memory)) {
        held.removeTree(other.getFileName().toString());
      }
    }
  }
}
