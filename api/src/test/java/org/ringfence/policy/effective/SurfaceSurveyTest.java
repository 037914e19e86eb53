package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.ProtectedNames;

/** The survey finds the files that protected names and git settings lead to. */
@DisabledOnOs(OS.WINDOWS)
class SurfaceSurveyTest {
  @TempDir Path temporary;
  private Path workspace;
  private Path home;

  @BeforeEach
  void createWorkspaceAndHome() throws IOException {
    workspace = Files.createDirectories(temporary.toRealPath().resolve("workspace"));
    home = Files.createDirectories(temporary.toRealPath().resolve("home"));
  }

  private Path write(String path, String text) throws IOException {
    Path file = workspace.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private void repository(String path) throws IOException {
    write(path + "/HEAD", "ref: refs/heads/main\n");
    Files.createDirectories(workspace.resolve(path + "/objects"));
    Files.createDirectories(workspace.resolve(path + "/refs"));
  }

  private void link(String path, String target) throws IOException {
    Path link = workspace.resolve(path);
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, Path.of(target));
  }

  private SurfaceSurvey survey() {
    return new SurfaceSurvey(
        ProtectedNames.HOOKS_AND_CONFIG, List.of(workspace), List.of(workspace), home.toString());
  }

  private List<String> kept() {
    return survey().kept().stream()
        .filter(path -> path.startsWith(workspace))
        .map(path -> workspace.relativize(path).toString())
        .toList();
  }

  @Test
  void plainRepositoryKeepsNoFurtherPath() throws IOException {
    repository(".git");
    write(".git/config", "[core]\n\tbare = false\n");
    write(".git/hooks/pre-commit.sample", "");
    assertThat(kept()).isEmpty();
    assertThat(survey().statement()).isEmpty();
  }

  @Test
  void gitDirectoryIsFoundByItsContentWhateverItsName() throws IOException {
    repository("deep/er/store");
    assertThat(kept())
        .contains("deep/er/store/config", "deep/er/store/hooks", "deep/er/store/info/attributes");
  }

  @Test
  void userHooksPathAppliesToEachWorkingTree() throws IOException {
    repository(".git");
    repository("nested/.git");
    Files.createDirectories(home.resolve(".config/git"));
    Files.writeString(home.resolve(".config/git/config"), "[core] hooksPath = .githooks # mine\n");
    assertThat(kept()).contains(".githooks", "nested/.githooks");
  }

  @Test
  void conditionalIncludesAreAlwaysReadAndKept() throws IOException {
    repository(".git");
    write(".git/config", "[include]path=../a\n[includeIf \"onbranch:x\"]\npath = ../missing\n");
    write("a", "[includeIf \"gitdir:/nowhere/\"] path = b");
    write("b", "[core]\nhooksPath = \"the \"hooks\\\n\n");
    assertThat(kept()).contains("a", "b", "missing", "the hooks");
  }

  @Test
  void programsNamedInGitSettingsAreKept() throws IOException {
    repository(".git");
    write(
        ".git/config",
        "[filter \"x\"]\nclean = sh tools/clean --with=tools/data %f\n"
            + "[core]\nfsmonitor = tools/missing\nsshCommand = ssh -i key\n"
            + "[alias]\nst = status\nx = !sh run.sh README.md\nsrc = !cd src && make\n");
    for (String file : List.of("tools/clean", "tools/data", "run.sh", "status", "src/a")) {
      write(file, "");
    }
    assertThat(kept()).contains("tools/clean", "tools/data", "tools/missing", "run.sh");
    assertThat(kept()).doesNotContain("status", "src", "key");
  }

  @Test
  void linksAreFollowedToTheirFinalTargets() throws IOException {
    repository(".git");
    link(".git/hooks/pre-commit", "../../scripts/one");
    link("deep/.vscode", "../conf/code");
    link("conf/code/settings.json", "../../shared/settings");
    write("shared/settings", "");
    link(".envrc", "between");
    link("between", "later/envrc");
    assertThat(kept())
        .contains("scripts/one", "conf/code", "shared/settings", "between", "later/envrc");
  }

  @Test
  void linkCycleIsIgnored() throws IOException {
    link(".envrc", "other");
    link("other", ".envrc");
    assertThat(kept()).isEmpty();
  }

  @Test
  void hooksPathAtTheWorkspaceRootKeepsEachHookName() throws IOException {
    repository(".git");
    write(".git/config", "[core]\nhooksPath = .\n");
    assertThat(kept()).contains("pre-commit", "post-checkout").doesNotContain("");
    assertThat(survey().statement()).contains("holds a writable root");
  }

  @Test
  void searchIsBoundedAndVisitsLargeDirectoriesLast() throws IOException {
    for (int i = 0; i < 20; i++) {
      write("node_modules/" + i + "/deep/file", "");
    }
    repository("src/deep/store");
    TreeSearch search = new TreeSearch(ProtectedNames.HOOKS_AND_CONFIG, 30).root(workspace).run();
    assertThat(search.bounded()).isTrue();
    assertThat(search.gitDirectories()).containsExactly(workspace.resolve("src/deep/store"));
    TreeSearch whole = new TreeSearch(ProtectedNames.HOOKS_AND_CONFIG).root(workspace).run();
    assertThat(whole.bounded()).isFalse();
  }
}
