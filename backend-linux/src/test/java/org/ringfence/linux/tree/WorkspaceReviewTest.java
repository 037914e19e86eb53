package org.ringfence.linux.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.review.Change;
import org.ringfence.review.ReviewConflictException;
import org.ringfence.review.WorkspaceReview;

@EnabledOnOs(OS.LINUX)
class WorkspaceReviewTest {
  @TempDir private Path base;
  private Path workspace;
  private Path store;

  @BeforeEach
  void createWorkspace() throws IOException {
    workspace = Files.createDirectories(base.resolve("workspace"));
    store = base.resolve("store");
    Files.writeString(workspace.resolve("changed"), "one");
    Files.writeString(workspace.resolve("deleted"), "one");
    Files.createDirectories(workspace.resolve("directory"));
    Files.writeString(workspace.resolve("directory/kept"), "one");
    Files.createSymbolicLink(workspace.resolve("link"), Path.of("changed"));
  }

  private WorkspaceReview begin() throws Exception {
    return WorkspaceReview.begin(store, workspace);
  }

  private static void changeFiles(Path copy) throws IOException {
    Files.writeString(copy.resolve("changed"), "two");
    Files.delete(copy.resolve("deleted"));
    Files.createDirectories(copy.resolve("new/inner"));
    Files.writeString(copy.resolve("new/inner/file"), "two");
    Files.delete(copy.resolve("link"));
    Files.createDirectory(copy.resolve("link"));
    Files.writeString(copy.resolve("link/file"), "two");
  }

  @Test
  void changesAreListedAndCommitted() throws Exception {
    WorkspaceReview review = begin();
    assertThat(review.changes()).isEmpty();
    changeFiles(review.copy());
    assertThat(review.changes())
        .extracting(change -> change.kind() + " " + change.path())
        .containsExactly(
            "MODIFIED changed",
            "DELETED deleted",
            "MODIFIED link",
            "ADDED link/file",
            "ADDED new",
            "ADDED new/inner",
            "ADDED new/inner/file");
    assertThat(workspace.resolve("changed")).hasContent("one");
    review.commit();
    assertThat(workspace.resolve("changed")).hasContent("two");
    assertThat(workspace.resolve("deleted")).doesNotExist();
    assertThat(workspace.resolve("new/inner/file")).hasContent("two");
    assertThat(Files.isDirectory(workspace.resolve("link"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    assertThat(workspace.resolve("directory/kept")).hasContent("one");
    assertThat(store).isEmptyDirectory();
  }

  @Test
  void changeWithARestoredTimestampIsListed() throws Exception {
    WorkspaceReview review = begin();
    Path file = review.copy().resolve("changed");
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "two");
    Files.setLastModifiedTime(file, time);
    assertThat(describeChanges(review)).containsExactly("MODIFIED changed");
  }

  private static List<String> describeChanges(WorkspaceReview review) throws IOException {
    return review.changes().stream()
        .map(change -> change.kind() + " " + change.path() + (change.conflict() ? " conflict" : ""))
        .toList();
  }

  @Test
  void commitRefusesToOverwriteChangesOfTheUser() throws Exception {
    WorkspaceReview review = begin();
    changeFiles(review.copy());
    Files.writeString(workspace.resolve("changed"), "the user's");
    assertThat(describeChanges(review)).contains("MODIFIED changed conflict");
    assertThatThrownBy(review::commit)
        .isInstanceOf(ReviewConflictException.class)
        .hasMessageContaining("changed");
    assertThat(workspace.resolve("changed")).hasContent("the user's");
    assertThat(workspace.resolve("deleted")).as("the commit changed nothing").exists();
    assertThat(review.copy().resolve("changed")).as("the copy keeps the change").hasContent("two");
  }

  @Test
  void interruptedCommitCanBeRepeated() throws Exception {
    WorkspaceReview review = begin();
    changeFiles(review.copy());
    Files.writeString(workspace.resolve("changed"), "two");
    Files.delete(workspace.resolve("deleted"));
    Files.createDirectory(workspace.resolve("new"));
    List<WorkspaceReview> found = WorkspaceReview.list(store);
    assertThat(found).hasSize(1);
    found.get(0).commit();
    assertThat(workspace.resolve("new/inner/file")).hasContent("two");
    assertThat(store).isEmptyDirectory();
  }

  @Test
  void discardRemovesDirectoriesWithoutPermissions() throws Exception {
    WorkspaceReview review = begin();
    Path locked = review.copy().resolve("directory");
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
    review.discard();
    assertThat(store).isEmptyDirectory();
    assertThat(workspace.resolve("directory/kept")).exists();
  }

  private void assertNoCommitDirectoryIsLeft() throws IOException {
    try (Stream<Path> all = Files.list(workspace)) {
      assertThat(all.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".ringfence"));
    }
  }

  @Test
  void directoryThatBecameALinkIsAConflict() throws Exception {
    Path outside = Files.createDirectories(base.resolve("outside"));
    WorkspaceReview review = begin();
    Files.writeString(review.copy().resolve("directory/planted"), "two");
    Files.move(workspace.resolve("directory"), workspace.resolve("moved"));
    Files.createSymbolicLink(workspace.resolve("directory"), outside);
    assertThatThrownBy(review::commit)
        .isInstanceOf(ReviewConflictException.class)
        .hasMessageContaining("directory/planted");
    assertThat(outside).isEmptyDirectory();
    assertNoCommitDirectoryIsLeft();
  }

  @Test
  void replacedWorkspaceIsNotWritten() throws Exception {
    WorkspaceReview review = begin();
    changeFiles(review.copy());
    Files.move(workspace, base.resolve("moved"));
    Files.createDirectory(workspace);
    assertThatThrownBy(review::commit)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another directory");
    assertThat(workspace).isEmptyDirectory();
  }

  @Test
  void newFileInADeletedDirectoryIsAConflict() throws Exception {
    WorkspaceReview review = begin();
    Files.delete(review.copy().resolve("directory/kept"));
    Files.delete(review.copy().resolve("directory"));
    Files.delete(review.copy().resolve("changed"));
    Files.writeString(workspace.resolve("directory/mine"), "the user's");
    assertThatThrownBy(review::commit)
        .isInstanceOf(ReviewConflictException.class)
        .hasMessageContaining("directory");
    assertThat(workspace.resolve("directory/mine")).hasContent("the user's");
    assertThat(workspace.resolve("changed")).hasContent("one");
    Files.delete(workspace.resolve("directory/mine"));
    review.commit();
    assertThat(workspace.resolve("directory")).doesNotExist();
    assertThat(workspace.resolve("changed")).doesNotExist();
    assertNoCommitDirectoryIsLeft();
  }

  @Test
  void longestFileNamesAreCommitted() throws Exception {
    WorkspaceReview review = begin();
    for (int length : new int[] {251, 255}) {
      Files.writeString(review.copy().resolve("n".repeat(length)), "two");
      Files.writeString(review.copy().resolve("directory").resolve("n".repeat(length)), "two");
    }
    review.commit();
    assertThat(workspace.resolve("n".repeat(251))).hasContent("two");
    assertThat(workspace.resolve("directory/" + "n".repeat(255))).hasContent("two");
    assertNoCommitDirectoryIsLeft();
  }

  @Test
  void failedCommitIsRolledBack() throws Exception {
    WorkspaceReview review = begin();
    changeFiles(review.copy());
    Files.createDirectories(review.copy().resolve("zz"));
    Files.writeString(review.copy().resolve("directory/last"), "two");
    Path locked = workspace.resolve("directory");
    // The copy gets the same permissions, so that they do not count as a change.
    Set<PosixFilePermission> rights = PosixFilePermissions.fromString("r-xr-xr-x");
    assumeFalse(System.getProperty("user.name").equals("root"), "root ignores the permissions");
    Files.setPosixFilePermissions(locked, rights);
    Files.setPosixFilePermissions(review.copy().resolve("directory"), rights);
    try {
      assertThatThrownBy(review::commit).isInstanceOf(IOException.class);
    } finally {
      Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    assertThat(workspace.resolve("changed")).hasContent("one");
    assertThat(workspace.resolve("deleted")).exists();
    assertThat(workspace.resolve("new")).doesNotExist();
    assertNoCommitDirectoryIsLeft();
    review.commit();
    assertThat(workspace.resolve("directory/last")).hasContent("two");
  }

  @Test
  void directoryWithoutPermissionsIsListedAndCommitted() throws Exception {
    WorkspaceReview review = begin();
    Path locked = review.copy().resolve("directory");
    Files.writeString(locked.resolve("kept"), "two");
    Files.createDirectories(review.copy().resolve("new/inner"));
    Files.writeString(review.copy().resolve("new/inner/file"), "two");
    for (Path each : List.of(review.copy().resolve("new/inner"), locked)) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("---------"));
    }
    assertThat(describeChanges(review))
        .containsExactly(
            "MODIFIED directory",
            "MODIFIED directory/kept",
            "ADDED new",
            "ADDED new/inner",
            "ADDED new/inner/file");
    review.commit();
    assertThat(Files.getAttribute(workspace.resolve("directory"), "unix:mode")).isEqualTo(0040000);
    Files.setPosixFilePermissions(
        workspace.resolve("directory"), PosixFilePermissions.fromString("rwx------"));
    Files.setPosixFilePermissions(
        workspace.resolve("new/inner"), PosixFilePermissions.fromString("rwx------"));
    assertThat(workspace.resolve("directory/kept")).hasContent("two");
    assertThat(workspace.resolve("new/inner/file")).hasContent("two");
  }

  @Test
  void readOnlyDirectoriesAreDeletedAndCreated() throws Exception {
    Set<PosixFilePermission> sealed = PosixFilePermissions.fromString("r-xr-xr-x");
    Set<PosixFilePermission> open = PosixFilePermissions.fromString("rwxr-xr-x");
    Files.setPosixFilePermissions(workspace.resolve("directory"), sealed);
    WorkspaceReview review = begin();
    Files.setPosixFilePermissions(review.copy().resolve("directory"), open);
    Files.delete(review.copy().resolve("directory/kept"));
    Files.delete(review.copy().resolve("directory"));
    Files.createDirectory(review.copy().resolve("new"));
    Files.writeString(review.copy().resolve("new/file"), "two");
    Files.setPosixFilePermissions(review.copy().resolve("new"), sealed);
    review.commit();
    assertThat(workspace.resolve("directory")).doesNotExist();
    assertThat(workspace.resolve("new/file")).hasContent("two");
    assertThat(Files.getPosixFilePermissions(workspace.resolve("new"))).isEqualTo(sealed);
    assertNoCommitDirectoryIsLeft();
  }

  @Test
  void listingKeepsPermissionsOfADirectory() throws Exception {
    WorkspaceReview review = begin();
    Path locked = review.copy().resolve("directory");
    Files.writeString(locked.resolve("kept"), "two");
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
    Change kept =
        review.changes().stream()
            .filter(change -> change.path().toString().equals("directory/kept"))
            .findFirst()
            .orElseThrow();
    assertThat(review.content(kept, true, 100).orElseThrow()).asString().isEqualTo("two");
    assertThat(Files.getPosixFilePermissions(locked)).isEmpty();
  }

  @Test
  void setuidAndSetgidBitsAreNotCommitted() throws Exception {
    WorkspaceReview review = begin();
    Files.setAttribute(review.copy().resolve("changed"), "unix:mode", 0104755);
    Files.writeString(review.copy().resolve("new"), "two");
    Files.setAttribute(review.copy().resolve("new"), "unix:mode", 0106755);
    assertThat(review.changes()).allMatch(Change::leavesRightsOut);
    review.commit();
    assertThat(Files.getAttribute(workspace.resolve("changed"), "unix:mode")).isEqualTo(0100755);
    assertThat(Files.getAttribute(workspace.resolve("new"), "unix:mode")).isEqualTo(0100755);
  }

  @Test
  void deniedFilesAreNotCopied() throws Exception {
    Path secret = workspace.resolve("directory/kept");
    WorkspaceReview review = WorkspaceReview.begin(store, workspace, secret::equals);
    assertThat(review.copy().resolve("directory/kept")).doesNotExist();
    assertThat(review.leftOut()).containsExactly("directory/kept");
    assertThat(review.changes()).isEmpty();
    Files.delete(review.copy().resolve("directory"));
    assertThatThrownBy(review::commit).isInstanceOf(ReviewConflictException.class);
    assertThat(secret).exists();
  }

  @Test
  void commitFirstRollsBackThatOfAKilledJvm() throws Exception {
    WorkspaceReview review = begin();
    changeFiles(review.copy());
    // The state after an early kill: a directory with the old files, and no journal.
    Path stage = workspace.resolve(".ringfence-commit-" + review.id());
    Files.createDirectories(stage.resolve("n1"));
    review.commit();
    assertThat(workspace.resolve("new/inner/file")).hasContent("two");
    assertNoCommitDirectoryIsLeft();
  }

  @Test
  void invalidStoresAndIdsAreReported() {
    assertThatThrownBy(() -> WorkspaceReview.begin(workspace.resolve("store"), workspace))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("outside the workspace");
    assertThatThrownBy(() -> WorkspaceReview.find(store, "12345678"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("12345678");
  }
}
