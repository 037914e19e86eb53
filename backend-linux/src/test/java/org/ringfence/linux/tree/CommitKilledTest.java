package org.ringfence.linux.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.review.WorkspaceReview;

@EnabledOnOs(OS.LINUX)
class CommitKilledTest {
  private static final int FILES = 300;

  @TempDir private Path base;

  /** The JVM that the test kills. */
  static final class Victim {
    private Victim() {}

    public static void main(String[] args) throws Exception {
      WorkspaceReview.find(Path.of(args[0]), args[1]).commit();
    }
  }

  @Test
  void killedCommitCanBeCompleted() throws Exception {
    Path workspace = Files.createDirectories(base.resolve("workspace"));
    Path store = base.resolve("store");
    for (int i = 0; i < FILES; i++) {
      Files.writeString(workspace.resolve("f" + i), "one");
    }
    WorkspaceReview review = WorkspaceReview.begin(store, workspace);
    for (int i = 0; i < FILES; i++) {
      Path file = review.copy().resolve("f" + i);
      if (i % 3 == 0) {
        Files.delete(file);
        Files.createDirectories(review.copy().resolve("d" + i + "/e"));
      } else {
        Files.writeString(file, "two");
      }
    }
    Process victim =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                store.toString(),
                review.id())
            .redirectErrorStream(true)
            .redirectOutput(Redirect.DISCARD)
            .start();
    Path journal = store.resolve(review.id()).resolve("journal");
    while (victim.isAlive() && !Files.exists(journal)) {
      Thread.onSpinWait();
    }
    // Some changes are made by now, and the journal lists those that may be.
    victim.destroyForcibly().waitFor(1, TimeUnit.MINUTES);
    List<WorkspaceReview> left = WorkspaceReview.list(store);
    if (!left.isEmpty()) {
      assertThat(left.get(0).commit()).hasSize(FILES + 2 * FILES / 3);
    }
    for (int i = 0; i < FILES; i++) {
      if (i % 3 == 0) {
        assertThat(workspace.resolve("f" + i)).doesNotExist();
        assertThat(workspace.resolve("d" + i + "/e")).isDirectory();
      } else {
        assertThat(workspace.resolve("f" + i)).hasContent("two");
      }
    }
    assertThat(names(workspace)).noneMatch(name -> name.startsWith(".ringfence"));
    assertThat(store).isEmptyDirectory();
    clear(workspace);
  }

  private static List<String> names(Path directory) throws IOException {
    try (var all = Files.list(directory)) {
      return all.map(path -> path.getFileName().toString()).toList();
    }
  }

  private static void clear(Path directory) throws IOException {
    org.ringfence.file.TreeRemoval.remove(directory);
  }

  @Test
  void discardAfterAKilledCommitRestoresTheWorkspace() throws Exception {
    Path workspace = Files.createDirectories(base.resolve("workspace"));
    Path store = base.resolve("store");
    for (int i = 0; i < FILES; i++) {
      Files.writeString(workspace.resolve("f" + i), "one");
    }
    WorkspaceReview review = WorkspaceReview.begin(store, workspace);
    for (int i = 0; i < FILES; i++) {
      Files.writeString(review.copy().resolve("f" + i), "two");
    }
    Process victim =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                store.toString(),
                review.id())
            .redirectErrorStream(true)
            .redirectOutput(Redirect.DISCARD)
            .start();
    Path journal = store.resolve(review.id()).resolve("journal");
    while (victim.isAlive() && !Files.exists(journal)) {
      Thread.onSpinWait();
    }
    victim.destroyForcibly().waitFor(1, TimeUnit.MINUTES);
    boolean cut = Files.exists(journal);
    for (WorkspaceReview each : WorkspaceReview.list(store)) {
      each.discard();
    }
    for (int i = 0; i < FILES; i++) {
      assertThat(workspace.resolve("f" + i)).hasContent(cut ? "one" : "two");
    }
    assertThat(names(workspace)).noneMatch(name -> name.startsWith(".ringfence"));
    clear(workspace);
  }
}
