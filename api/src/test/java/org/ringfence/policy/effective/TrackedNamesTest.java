package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.Operation;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.PathContext;

class TrackedNamesTest {
  @TempDir Path directory;
  private Path top;

  @BeforeEach
  void repository() throws IOException, InterruptedException {
    top = directory.toRealPath();
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/git")), "there is no git");
    run(
        "git init -q; mkdir -p .vscode sub/.idea .ringfence; echo > a;"
            + " for f in .vscode/settings.json sub/.idea/x .gitconfig .ringfence/policy.json; do"
            + " echo 1 > $f; done; git add -f .; echo 1 > .vscode/new");
  }

  private void run(String script) throws IOException, InterruptedException {
    ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-ec", script);
    shell.directory(top.toFile()).redirectErrorStream(true);
    shell.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
    Process process = shell.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  private EffectivePolicy policy(ProtectedNames level, Path workspace) {
    return EffectivePolicy.of(
        SandboxPolicy.builder().write(":workspace").protectedNames(level).build(),
        PathContext.current(workspace));
  }

  private boolean writes(EffectivePolicy policy, String path) {
    return policy.evaluate(top + "/" + path, Operation.WRITE).allowed();
  }

  @Test
  void protectedFilesThatTheIndexListsMayChange() {
    EffectivePolicy policy = policy(ProtectedNames.TRACKED, top);
    assertThat(writes(policy, ".vscode/settings.json")).isTrue();
    assertThat(writes(policy, "sub/.idea/x")).isTrue();
    assertThat(policy.protectedNamesStatement())
        .contains("commands may change 2 protected files that git tracks");
    EffectivePolicy usual = policy(ProtectedNames.HOOKS_AND_CONFIG, top);
    assertThat(writes(usual, ".vscode/settings.json")).isFalse();
    assertThat(usual.protectedNamesStatement()).doesNotContain("tracks");
  }

  @Test
  void workspaceBelowTheTopOfItsRepositoryHasItsFiles() {
    EffectivePolicy policy = policy(ProtectedNames.TRACKED, top.resolve("sub"));
    assertThat(writes(policy, "sub/.idea/x")).isTrue();
    assertThat(writes(policy, ".vscode/settings.json")).isFalse();
  }

  @Test
  void otherProtectedFilesStay() {
    EffectivePolicy policy = policy(ProtectedNames.TRACKED, top);
    for (String path :
        new String[] {
          ".vscode/new",
          ".vscode",
          ".gitconfig",
          ".ringfence/policy.json",
          ".git/config",
          ".git/hooks/update",
          "other/.vscode/settings.json",
          ".envrc"
        }) {
      assertThat(writes(policy, path)).as(path).isFalse();
    }
    assertThat(policy.evaluateRemoval(top + "/.vscode").allowed()).isFalse();
    assertThat(writes(policy, "a")).isTrue();
  }

  @Test
  void entryWithTheNameOfADirectoryLetsNoDirectoryOrLinkIn()
      throws IOException, InterruptedException {
    run(
        "git update-index --add --cacheinfo 100644,$(git hash-object -w a),.fleet --cacheinfo"
            + " 120000,$(git hash-object -w a),.zed");
    EffectivePolicy policy = policy(ProtectedNames.TRACKED, top);
    for (String path : new String[] {".fleet", ".zed", ".vscode", "sub/.idea/x"}) {
      assertThat(policy.evaluateReplacement(top + "/" + path).allowed()).as(path).isFalse();
    }
    assertThat(writes(policy, ".fleet/tasks.json")).isFalse();
    assertThat(writes(policy, ".fleet")).isTrue();
  }

  @Test
  void indexThatGitDidNotWriteOpensNothing() throws IOException {
    byte[] index = Files.readAllBytes(top.resolve(".git/index"));
    index[index.length - 60]++;
    index[11]++;
    Files.write(top.resolve(".git/index"), index);
    EffectivePolicy policy = policy(ProtectedNames.TRACKED, top);
    assertThat(writes(policy, ".vscode/settings.json")).isFalse();
    assertThat(policy.protectedNamesStatement()).contains(".git/index is not as git writes it");
  }

  @Test
  void indexBehindALinkOpensNothing() throws IOException {
    Files.move(top.resolve(".git/index"), top.resolve("elsewhere"));
    Files.createSymbolicLink(top.resolve(".git/index"), top.resolve("elsewhere"));
    assertThat(writes(policy(ProtectedNames.TRACKED, top), ".vscode/settings.json")).isFalse();
  }
}
