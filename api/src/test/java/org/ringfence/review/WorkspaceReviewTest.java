package org.ringfence.review;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.InvalidPolicyException;
import org.ringfence.review.Change.Kind;

@EnabledOnOs(OS.LINUX)
class WorkspaceReviewTest {
  @TempDir private Path base;
  private Path workspace;
  private Path store;

  @BeforeEach
  void layOut() throws IOException {
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

  private static void work(Path copy) throws IOException {
    Files.writeString(copy.resolve("changed"), "two");
    Files.delete(copy.resolve("deleted"));
    Files.createDirectories(copy.resolve("new/inner"));
    Files.writeString(copy.resolve("new/inner/file"), "two");
    Files.delete(copy.resolve("link"));
    Files.createDirectory(copy.resolve("link"));
    Files.writeString(copy.resolve("link/file"), "two");
  }

  @Test
  void changesAreSeenAndCommitted() throws Exception {
    WorkspaceReview review = begin();
    assertThat(review.changes()).isEmpty();
    work(review.copy());
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
  void aChangeWhoseTimeIsSetBackIsSeen() throws Exception {
    WorkspaceReview review = begin();
    Path file = review.copy().resolve("changed");
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "two");
    Files.setLastModifiedTime(file, time);
    assertThat(review.changes()).containsExactly(change("changed", Kind.MODIFIED, false));
  }

  private static Change change(String path, Kind kind, boolean conflict) {
    return new Change(Path.of(path), kind, conflict);
  }

  @Test
  void whatTheUserHasChangedMeanwhileIsNotOverwritten() throws Exception {
    WorkspaceReview review = begin();
    work(review.copy());
    Files.writeString(workspace.resolve("changed"), "the user's");
    assertThat(review.changes()).contains(change("changed", Kind.MODIFIED, true));
    assertThatThrownBy(review::commit)
        .isInstanceOf(ReviewConflictException.class)
        .hasMessageContaining("changed");
    assertThat(workspace.resolve("changed")).hasContent("the user's");
    assertThat(workspace.resolve("deleted")).as("nothing was committed").exists();
    assertThat(review.copy().resolve("changed")).as("nothing is lost").hasContent("two");
  }

  @Test
  void aCommitThatWasCutShortIsDoneAgain() throws Exception {
    WorkspaceReview review = begin();
    work(review.copy());
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
  void discardingRemovesWhatTheCommandHasLocked() throws Exception {
    WorkspaceReview review = begin();
    Path locked = review.copy().resolve("directory");
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
    review.discard();
    assertThat(store).isEmptyDirectory();
    assertThat(workspace.resolve("directory/kept")).exists();
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> WorkspaceReview.begin(workspace.resolve("store"), workspace))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("outside the workspace");
    assertThatThrownBy(() -> WorkspaceReview.find(store, "12345678"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("12345678");
  }
}
