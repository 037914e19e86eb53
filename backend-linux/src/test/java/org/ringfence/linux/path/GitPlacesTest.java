package org.ringfence.linux.path;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.git.GitConfigGuard;
import org.ringfence.linux.path.GitPlaces.Kind;
import org.ringfence.linux.path.GitPlaces.Place;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

class GitPlacesTest {
  @TempDir Path directory;
  private Path root;
  private String ws;

  @BeforeEach
  void makeWorkspace() throws IOException {
    root = directory.toRealPath();
    ws = Files.createDirectories(root.resolve("ws")).toString();
    Files.createDirectories(root.resolve("ws/sub"));
    Files.createDirectories(root.resolve("outside"));
  }

  private GitPlaces places(ProtectedNames names) {
    SandboxPolicy policy = SandboxPolicy.builder().write(ws).protectedNames(names).build();
    return new GitPlaces(EffectivePolicy.of(policy, PathContext.current(root)));
  }

  private Optional<Place> at(String path) {
    return places(ProtectedNames.HOOKS_AND_CONFIG).at(ws + "/" + path);
  }

  @ParameterizedTest
  @CsvSource({
    ".git, GIT",
    "a/b/.git, GIT",
    ".git/config, CONFIG",
    ".git/config.worktree, CONFIG",
    ".git/hooks, HOOKS",
    ".git/hooks/pre-commit.sample, SAMPLE",
    ".git/modules/a/config, CONFIG",
    ".git/modules/a/b/config, CONFIG",
    ".git/modules/lfs/hooks, HOOKS",
    ".git/modules/a/modules/b/config, CONFIG",
    ".git/hooks/pre-push, LFS_HOOK",
    ".git/worktrees/a/commondir, COMMON",
    ".git/worktrees/a/gitdir, BACK",
    ".git/worktrees/a/config.worktree, CONFIG"
  })
  void placeOfGitIsKnownByItsPath(String path, Kind kind) {
    assertThat(at(path).map(Place::kind)).contains(kind);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config",
        ".GIT",
        ".Git/config",
        ".git/Config",
        ".git/hooks/pre-commit",
        ".git/hooks/a/b.sample",
        ".git/info/attributes",
        ".git/x/config",
        ".git/modules/config",
        ".git/modules/hooks/config",
        ".git/modules/hooks/a/config",
        ".git/modules/a/refs/config",
        ".git/modules/a/.git/config",
        ".git/refs/modules/a/config",
        ".git/objects/x/config",
        ".git/worktrees/a/hooks",
        ".git/worktrees/a/hooks/x.sample",
        ".git/commondir",
        ".git/modules/a/commondir",
        "store/config"
      })
  void otherPathIsNoPlaceOfGit(String path) {
    assertThat(at(path)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"OFF", "READ_ONLY"})
  void otherLevelsHaveNoPlaces(ProtectedNames level) {
    assertThat(places(level).at(ws + "/.git/config")).isEmpty();
    assertThat(places(level).hold(ws + "/.git")).isFalse();
  }

  @Test
  void placesAreOnlyWhereNamesAreProtected() {
    GitPlaces places = places(ProtectedNames.HOOKS_AND_CONFIG);
    assertThat(places.at(root.resolve("outside/.git/config").toString())).isEmpty();
    assertThat(places.hold(ws + "/.git")).isTrue();
    assertThat(places.hold(ws + "/.git/modules/a")).isTrue();
    assertThat(places.hold(ws + "/.git/modules/a/refs")).isFalse();
    assertThat(places.hold(ws + "/docs")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "wt/.git, WS/.git/worktrees/wt",
    "sub/.git, ../.git/modules/sub",
    "a/b/.git, WS/a/.git/modules/b",
    ".git/worktrees/wt/commondir, ../..",
    ".git/worktrees/wt/gitdir, WS/wt/.git"
  })
  void pointerIntoTheWorkspaceFits(String path, String target) {
    assertThat(problem(path, target)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "wt/.git, /tmp/evil/.git",
    "wt/.git, ../.git",
    "wt/.git, WS/sub/.git/worktrees/wt",
    "wt/.git, ../x/../.git/modules/x",
    "wt/.git, ../here/.git/worktrees/wt",
    "a/b/.git, WS/a/b/c/.git",
    ".git/worktrees/wt/commondir, WS/.git",
    ".git/worktrees/wt/commondir, ../../objects/..",
    "wt/.git, OUT/.git",
    "wt/.git, ../store",
    "wt/.git, ../sub",
    "wt/.git, WS/.git/objects/x",
    "wt/.git, WS/.git/modules/a/refs",
    "wt/.git, link/.git",
    ".git, WS/sub/.git",
    ".git/worktrees/wt/commondir, ../../modules/a",
    ".git/worktrees/wt/commondir, /tmp/evil",
    ".git/worktrees/wt/gitdir, OUT/.git",
    ".git/worktrees/wt/gitdir, WS/wt/file"
  })
  void pointerElsewhereDoesNotFit(String path, String target) throws IOException {
    Files.createDirectories(root.resolve("ws/wt"));
    Files.createSymbolicLink(root.resolve("ws/wt/link"), root.resolve("outside"));
    Files.createSymbolicLink(root.resolve("ws/here"), Path.of("."));
    assertThat(problem(path, target)).isPresent();
  }

  private Optional<String> problem(String path, String target) {
    String real = target.replace("WS", ws).replace("OUT", root.resolve("outside").toString());
    return places(ProtectedNames.HOOKS_AND_CONFIG).problem(at(path).orElseThrow(), real);
  }

  @Test
  void settingsLeadToNothingThatIsEasierToExchangeThanTheRepository() {
    GitConfigGuard.Places top = settings(".git/config");
    assertThat(top.repository("/usr/share/x.git")).isTrue();
    assertThat(top.repository("../outside")).isTrue();
    assertThat(top.repository(".")).isTrue();
    assertThat(top.repository("./store")).isFalse();
    assertThat(top.repository(ws + "/store")).isFalse();
    assertThat(top.repository("~/x")).isFalse();
    assertThat(top.workTree("..")).isTrue();
    assertThat(top.workTree("../sub")).isFalse();
    assertThat(top.workTree("../../outside")).isFalse();
    assertThat(top.workTree("../x/..")).isFalse();
    assertThat(top.repository("/usr/../tmp/x")).isFalse();
    GitConfigGuard.Places nested = settings("sub/.git/config");
    assertThat(nested.repository("../store")).isTrue();
    assertThat(settings(".git/modules/sub/config").workTree("../../../sub")).isTrue();
    assertThat(settings(".git/modules/sub/config").workTree("../../../../outside")).isFalse();
    assertThat(settings(".git/modules/sub/config").workTree("../../hooks")).isFalse();
    assertThat(settings(".git/worktrees/w/config.worktree").repository("./x")).isFalse();
  }

  private GitConfigGuard.Places settings(String path) {
    return places(ProtectedNames.HOOKS_AND_CONFIG)
        .settings(at(path).orElseThrow(), Optional::empty);
  }
}
