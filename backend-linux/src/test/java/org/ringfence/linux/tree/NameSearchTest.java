package org.ringfence.linux.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.tree.NameSearch.Found;
import org.ringfence.linux.tree.NameSearch.Limits;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

@EnabledOnOs(OS.LINUX)
class NameSearchTest {
  @TempDir private Path base;
  private Path root;
  private EffectivePolicy atStart;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(base.toRealPath().resolve("w"));
    atStart = policy();
  }

  /** Returns a policy for the tree as it is when a sandbox opens. */
  private EffectivePolicy policy(String... allowed) {
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .write(root.toString())
            .protectedNames(ProtectedNames.EXISTING)
            .files(part -> part.allowNames(allowed))
            .build();
    return EffectivePolicy.of(policy, PathContext.current(root));
  }

  private NameSearch search(EffectivePolicy policy, Optional<Map<String, Found>> before) {
    return new NameSearch(new Kernel(Arch.current().orElseThrow()), policy, before);
  }

  private List<String> found() {
    return found(atStart);
  }

  private List<String> found(EffectivePolicy policy) {
    try (NameSearch search = search(policy, Optional.empty()).run()) {
      assertThat(search.unsearched()).isEmpty();
      return List.copyOf(
          new TreeSet<>(search.found().values().stream().map(Found::below).toList()));
    }
  }

  private void make(String... paths) throws IOException {
    for (String each : paths) {
      Path path = root.resolve(each);
      if (each.endsWith("/")) {
        Files.createDirectories(path);
      } else {
        Files.createDirectories(path.getParent());
        Files.writeString(path, "x");
      }
    }
  }

  private void link(String path, String target) throws IOException {
    Files.createSymbolicLink(root.resolve(path), Path.of(target));
  }

  @Test
  void namesAreFoundAtEachDepthAndNotInsideEachOther() throws IOException {
    make("a/.vscode/.idea/", "a/b/.ENVRC", "a/b/readme", ".hg/hgrc", ".jj/repo/config.toml");
    assertThat(found())
        .containsExactly(".hg/hgrc", ".jj/repo/config.toml", "a/.vscode", "a/b/.ENVRC");
  }

  @Test
  void linkInPlaceOfADirectoryAboveANameIsFound() throws IOException {
    make("foo/hgrc", "k/.jj/");
    link(".hg", "foo");
    link("k/.jj/repo", "../../foo");
    link("harmless", "foo");
    assertThat(found()).containsExactly(".hg", "k/.jj/repo");
  }

  @Test
  void linkInAGitDirectoryIsFoundWhateverTheDirectoryIsCalled() throws IOException {
    make(".git/logs/refs/", "bare/HEAD", "bare/objects/", "bare/refs/heads/", "x/attributes");
    link(".git/COMMIT_EDITMSG", "/outside");
    link(".git/logs/HEAD", "/outside");
    link("bare/info", "../x");
    link("bare/refs/heads/main", "/outside");
    link("x/link", "/outside");
    assertThat(found())
        .containsExactly(
            ".git/COMMIT_EDITMSG", ".git/logs/HEAD", "bare/info", "bare/refs/heads/main");
  }

  @Test
  void linkOfAWorkingTreeInABareRepositoryStaysAndNoOther() throws IOException {
    make("HEAD", "objects/", "refs/", "tree/.git", "tree/src/", "logs/.git", "logs/a/.git");
    link("tree/src/link", "../x");
    link("logs/a/link", "/outside");
    link("logs/link", "/outside");
    assertThat(found())
        .containsExactly("logs/.git", "logs/a/.git", "logs/a/link", "logs/link", "tree/.git");
  }

  @Test
  void directoryThatACommondirLeadsToIsAGitDirectory() throws IOException {
    make("g/HEAD", "g/commondir", "c/objects/", "c/refs/", "c/config", "c/hooks/");
    make("plain/config", "plain/objects/", "plain/hooks/");
    assertThat(found()).containsExactly("c/config", "c/hooks", "g/commondir");
  }

  @Test
  void allowedNameIsNotFound() throws IOException {
    make(".git/HEAD", ".git/objects/", ".git/refs/", ".git/config", ".git/hooks/", ".envrc");
    assertThat(found()).containsExactly(".envrc", ".git/config", ".git/hooks");
    assertThat(found(policy(".git/config"))).containsExactly(".envrc", ".git/hooks");
  }

  private NameSearch bounded(
      int names, int found, int waiting, Optional<Map<String, Found>> before) {
    return new NameSearch(
        new Kernel(Arch.current().orElseThrow()),
        atStart,
        before,
        new Limits(names, found, waiting));
  }

  @Test
  void nameAfterMoreDirectoriesThanMayWaitIsFoundAndTheRestIsReported() throws IOException {
    for (int i = 0; i < 12; i++) {
      make("a/" + i + "/", "a/.vscode/" + i);
    }
    make("a/.envrc", "a/.zshrc", "a/.claude/", "a/.mcp.json");
    try (NameSearch search = bounded(1000, 100, 4, Optional.empty()).run()) {
      assertThat(search.found()).hasSize(5);
      assertThat(search.unsearched()).containsOnlyKeys(root + "/a/");
    }
    try (NameSearch search = bounded(1000, 100, 12, Optional.empty()).run()) {
      assertThat(search.unsearched()).isEmpty();
    }
  }

  @Test
  void searchThatEndsInItsLastDirectoryIsReported() throws IOException {
    make(".envrc", ".zshrc", ".bashrc", ".mcp.json");
    for (NameSearch search :
        List.of(bounded(3, 100, 9, Optional.empty()), bounded(9, 3, 9, Optional.empty()))) {
      try (search) {
        assertThat(search.run().unsearched()).containsOnlyKeys(root.toString());
      }
    }
    try (NameSearch search = bounded(4, 4, 9, Optional.empty()).run()) {
      assertThat(search.unsearched()).isEmpty();
      assertThat(search.found()).hasSize(4);
    }
  }

  @Test
  void receiverThatRemovesGetsEachOfManyNamesInADirectory() throws IOException {
    make(".git/z/");
    link(".git/z/last", "/outside");
    for (int i = 0; i < 100; i++) {
      link(".git/" + i, "/outside");
    }
    List<String> removed = new ArrayList<>();
    try (NameSearch search = bounded(1000, 10, 9, Optional.of(Map.of()))) {
      search.run(each -> false);
      assertThat(search.unsearched()).containsOnlyKeys(root + "/.git");
    }
    try (NameSearch search = bounded(2000, 10, 9, Optional.of(Map.of()))) {
      search.run(each -> removed.add(each.below()) && Path.of(each.path()).toFile().delete());
      assertThat(search.unsearched()).isEmpty();
    }
    assertThat(removed).hasSize(101).doesNotHaveDuplicates();
  }

  @Test
  void directoryWithoutPermissionsIsSearchedAndClosedAgain() throws IOException {
    make("a/b/.vscode/");
    for (String each : List.of("a/b", "a")) {
      Files.setPosixFilePermissions(
          root.resolve(each), PosixFilePermissions.fromString("---------"));
    }
    List<String> all = new ArrayList<>();
    try (NameSearch search = search(atStart, Optional.of(Map.of()))) {
      search.run(each -> all.add(each.below()) && false);
      assertThat(search.unsearched()).isEmpty();
    }
    assertThat(all).containsExactly("a/b/.vscode");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("a"))))
        .isEqualTo("---------");
    Files.setPosixFilePermissions(root.resolve("a"), PosixFilePermissions.fromString("rwx------"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("a/b"))))
        .isEqualTo("---------");
    Files.setPosixFilePermissions(
        root.resolve("a/b"), PosixFilePermissions.fromString("rwx------"));
  }
}
