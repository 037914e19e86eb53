package org.ringfence.policy.path;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere each path is looked up alone")
class DirectoryLookupTest {
  private static final List<String> NAMES =
      List.of("file", "sub", "none", "link", "loop", "away", "dangling", "up", "..", ".");

  @TempDir private Path base;

  /**
   * Each path of three names, with links to files, directories, upwards, nowhere and in a circle.
   */
  @Test
  void manyPathsHaveTheRealPathsAndLinksThatEachHasAlone() throws Exception {
    for (Path directory : List.of(base.resolve("top"), base.resolve("top/sub"))) {
      Files.createDirectories(directory);
      Files.createFile(directory.resolve("file"));
      Files.createSymbolicLink(directory.resolve("link"), Path.of("file"));
      Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
      Files.createSymbolicLink(directory.resolve("away"), base.resolve("top/sub"));
      Files.createSymbolicLink(directory.resolve("dangling"), Path.of("none/deep"));
      Files.createSymbolicLink(directory.resolve("up"), Path.of(".."));
    }
    List<String> paths = new ArrayList<>(List.of("/", "/proc/self", "/\0"));
    for (String first : NAMES) {
      for (String second : NAMES) {
        for (String third : NAMES) {
          paths.add(base + "/top/" + first + "/" + second + "/" + third);
        }
      }
    }
    PathLookup many = PathLookup.HOST.forMany();

    for (String path : paths) {
      assertThat(many.linksOn(path)).as(path).isEqualTo(PathLookup.HOST.linksOn(path));
      if (path.indexOf('\0') < 0) {
        assertThat(many.real(path)).as(path).isEqualTo(PathLookup.HOST.real(path));
        assertThat(many.exists(path)).as(path).isEqualTo(PathLookup.HOST.exists(path));
      }
    }
  }

  /** A directory that changed its target since then shows that it was not looked at again. */
  @Test
  void eachDirectoryIsLookedAtOnce() throws Exception {
    Path first = Files.createDirectory(base.resolve("first")).toRealPath();
    Path second = Files.createDirectory(base.resolve("second"));
    Path link = Files.createSymbolicLink(base.resolve("directory"), first);
    PathLookup many = PathLookup.HOST.forMany();
    assertThat(many.real(link.resolve("a").toString())).isEqualTo(first.resolve("a").toString());

    Files.delete(link);
    Files.createSymbolicLink(link, second);

    assertThat(many.real(link.resolve("b").toString())).isEqualTo(first.resolve("b").toString());
  }
}
