package org.ringfence.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the paths are those of POSIX")
class HostBoundsTest {
  @TempDir private Path directory;
  private Path home;
  private Path tools;
  private Path elsewhere;
  private Path workspace;
  private GrantBounds bounds;

  @BeforeEach
  void createPlaces() throws IOException {
    Path root = directory.toRealPath();
    home = Files.createDirectories(root.resolve("homes/me"));
    Files.createDirectories(home.resolve(".ssh"));
    Files.createDirectories(home.resolve("notes"));
    workspace = Files.createDirectories(root.resolve("projects/one"));
    tools = Files.createDirectories(root.resolve("tools/bin"));
    elsewhere = Files.createDirectories(root.resolve("elsewhere"));
    PathContext places =
        PathContext.of(PathStyle.POSIX, workspace.toString(), home.toString())
            .lookedUp(PathLookup.HOST);
    bounds = new HostBounds(places, "relative:" + tools + ":");
  }

  @Test
  void secretsAndWhatHoldsThemAreNotProposedForReading() {
    for (Path path : new Path[] {home.resolve(".ssh/id"), home.resolve(".ssh"), home}) {
      assertThat(bounds.againstReading(path.toString())).as("%s", path).isPresent();
    }
    assertThat(bounds.againstReading("/")).isPresent();
    assertThat(bounds.againstReading(home.resolve("notes").toString())).isEmpty();
    assertThat(bounds.againstReading("/etc/hosts")).isEmpty();
  }

  @Test
  void filesThatRunLaterAreNotProposedForWriting() {
    for (String path :
        new String[] {home + "/.bashrc", "/etc/profile", "/usr/bin/env", tools + "/make"}) {
      assertThat(bounds.againstWriting(path)).as(path).isPresent();
    }
    assertThat(bounds.againstWriting(elsewhere + "/file")).isEmpty();
    assertThat(bounds.againstWriting(home + "/notes/today")).isEmpty();
  }

  @Test
  void directoriesAboveHomesAndProgramsAreNotProposedForWriting() {
    for (Path path :
        new Path[] {
          home,
          home.getParent(),
          tools,
          tools.getParent(),
          workspace.getParent(),
          Path.of("/var/tmp")
        }) {
      assertThat(bounds.againstWritingBelow(path.toString())).as("%s", path).isPresent();
    }
    assertThat(bounds.againstWritingBelow(elsewhere.toString())).isEmpty();
    assertThat(bounds.againstWritingBelow(workspace.toString())).isEmpty();
  }

  @Test
  void directoryThatEverybodyWritesIsNotProposedForWriting() throws IOException {
    Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(bounds.againstWritingBelow(elsewhere.toString())).isPresent();
  }

  @Test
  void projectInADirectoryOfTheSystemIsProposed() {
    PathContext places =
        PathContext.of(PathStyle.POSIX, "/usr/bin", home.toString()).lookedUp(PathLookup.HOST);
    assertThat(new HostBounds(places, "").againstWriting("/usr/bin/env")).isEmpty();
    assertThat(new HostBounds(places, "").againstWriting("/etc/hosts")).isPresent();
  }

  @Test
  void nameThatThisJvmCannotFormIsNotProposedForWriting() {
    assertThat(bounds.againstWriting(elsewhere + "/a\0b")).isPresent();
    assertThat(bounds.againstWritingBelow(elsewhere + "/a\0b")).isPresent();
  }
}
