package org.ringfence.policy.path;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Looks for directories that find one object by two spellings; two hard links imitate it. */
@DisabledOnOs(
    value = {OS.WINDOWS, OS.MAC},
    disabledReason = "each directory ignores case there")
class FoldingDirectoriesTest {
  @TempDir private Path temporary;

  private List<String> found(Path... paths) {
    return List.copyOf(
        new FoldingDirectories(never -> false)
            .on(List.of(paths).stream().map(Path::toString).toList()));
  }

  private Path twice(String directory, String name, String other) throws Exception {
    Path folding = Files.createDirectories(temporary.resolve(directory));
    Path file = Files.writeString(folding.resolve(name), "x");
    Files.createLink(folding.resolve(other), file);
    return file;
  }

  @Test
  void directoryThatFindsAnEntryByTwoSpellingsFolds() throws Exception {
    for (String[] names :
        new String[][] {
          {"secret", "SECRET"},
          {"Mixed", "mIXED"},
          {"wide", "\uff57\uff49\uff44\uff45"},
          {"caf\u00e9-1", "cafe\u0301-1"},
          {"9e\u0301", "9\u00e9"}
        }) {
      Path file = twice("of " + names[0].length() + names[1].length(), names[0], names[1]);
      assertThat(found(file)).as("by a path's name").containsExactly(file.getParent().toString());
      assertThat(found(file.getParent()))
          .as("by an entry")
          .containsExactly(file.getParent().toString());
      assertThat(found(file.resolveSibling("missing"), file))
          .containsExactly(file.getParent().toString());
    }
  }

  @Test
  void entryWithoutLettersTellsNothingOfCase() throws Exception {
    Path file = twice("digits", "secret", "SECRET");
    Path digits = Files.writeString(file.resolveSibling("2024"), "x");
    assertThat(found(digits, file)).containsExactly(file.getParent().toString());
  }

  @Test
  void noNameIsTriedInAnAutomountsDirectory() throws Exception {
    Path file = twice("homes", "secret", "SECRET");
    List<String> paths = List.of(file.toString(), file.getParent().toString());
    assertThat(new FoldingDirectories(file.getParent()::equals).on(paths)).isEmpty();
    assertThat(
            MountTable.pointsOf(
                "autofs",
                "30 1 0:30 / /home rw,relatime shared:9 - autofs systemd-1 rw,fd=30\n"
                    + "31 1 8:1 / /srv rw - ext4 /dev/sda1 rw\n"))
        .containsExactly("/home");
  }

  @Test
  void otherDirectoriesDoNot() throws Exception {
    Path both = Files.createDirectories(temporary.resolve("both"));
    Files.writeString(both.resolve("a"), "x");
    Files.writeString(both.resolve("A"), "x");
    assertThat(found(both, both.resolve("a"), both.resolve("missing"), temporary)).isEmpty();
  }
}
