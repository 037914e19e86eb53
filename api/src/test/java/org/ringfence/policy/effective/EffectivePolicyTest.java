package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;

class EffectivePolicyTest {
  private static final PathContext PLACES = PathContext.of(PathStyle.POSIX, "/ws", "/home/me");

  @Test
  void mostSpecificRuleWins() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .write(":workspace")
                .read("/ws/vendor")
                .write("/ws/vendor/cache")
                .none("/ws/vendor/secret")
                .build(),
            PLACES);

    assertThat(policy.evaluate("/ws/a", Operation.WRITE).allowed()).isTrue();
    assertThat(policy.evaluate("/ws/vendor/a", Operation.WRITE).allowed()).isFalse();
    assertThat(policy.evaluate("/ws/vendor/a", Operation.READ).allowed()).isTrue();
    assertThat(policy.evaluate("/ws/vendor/cache/a", Operation.WRITE).allowed()).isTrue();
    assertThat(policy.evaluate("/ws/vendor/secret/a", Operation.READ).allowed()).isFalse();
    assertThat(policy.evaluate("/wsx", Operation.WRITE).allowed()).isFalse();
  }

  @Test
  void stricterRuleWinsATie() {
    EffectivePolicy policy =
        EffectivePolicy.of(SandboxPolicy.builder().write(":workspace").read("/ws").build(), PLACES);
    assertThat(policy.evaluate("/ws/a", Operation.WRITE).allowed()).isFalse();
    assertThat(policy.evaluate("/ws/a", Operation.READ).allowed()).isTrue();
  }

  @Test
  void defaultAppliesWithoutMatchingRule() {
    EffectivePolicy reading = EffectivePolicy.of(SandboxPolicy.builder().build(), PLACES);
    assertThat(reading.evaluate("/etc/passwd", Operation.READ).allowed()).isTrue();
    assertThat(reading.evaluate("/etc/passwd", Operation.WRITE).rule())
        .isEqualTo("files.default read");

    EffectivePolicy minimal =
        EffectivePolicy.of(
            SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL).build(), PLACES);
    assertThat(minimal.evaluate("/usr/lib/libc.so", Operation.READ).allowed()).isTrue();
    assertThat(minimal.evaluate("/home/me/.ssh/id", Operation.READ).allowed()).isFalse();

    EffectivePolicy all =
        EffectivePolicy.of(SandboxPolicy.builder().fileDefault(FileDefault.WRITE).build(), PLACES);
    assertThat(all.evaluate("/etc/passwd", Operation.WRITE).allowed()).isTrue();
  }

  @Test
  void denyGlobsWinOverRules() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .write(":workspace")
                .denyGlobs(List.of("**/.env", "*.pem", "**/secrets"))
                .build(),
            PLACES);
    assertThat(policy.evaluate("/ws/.env", Operation.READ).allowed()).isFalse();
    assertThat(policy.evaluate("/ws/a/b/.env", Operation.READ).allowed()).isFalse();
    assertThat(policy.evaluate("/ws/key.pem", Operation.READ).allowed()).isFalse();
    assertThat(policy.evaluate("/ws/secrets/a/b", Operation.READ).allowed()).isFalse();
    assertThat(policy.evaluate("/ws/.environment", Operation.READ).allowed()).isTrue();
    assertThat(policy.evaluate("/ws/pem", Operation.READ).allowed()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/ws/.git/hooks/pre-commit",
        "/ws/.git/config",
        "/ws/.GIT/Hooks/x",
        "/ws/sub/.git/config",
        "/ws/.vscode/tasks.json",
        "/ws/.bashrc",
        "/ws/.ringfence/policy.json"
      })
  void protectedNamesAreReadableButNotWritable(String path) {
    EffectivePolicy policy =
        EffectivePolicy.of(SandboxPolicy.builder().write(":workspace").build(), PLACES);
    assertThat(policy.evaluate(path, Operation.WRITE).rule()).startsWith("protectedNames");
    assertThat(policy.evaluate(path, Operation.READ).allowed()).isTrue();
    EffectivePolicy off =
        EffectivePolicy.of(
            policy.policy().toBuilder().protectedNames(ProtectedNames.OFF).build(), PLACES);
    assertThat(off.evaluate(path, Operation.WRITE).allowed()).isTrue();
  }

  @Test
  void gitObjectsAndRefsStayWritableUnlessGitIsReadOnly() {
    EffectivePolicy policy =
        EffectivePolicy.of(SandboxPolicy.builder().write(":workspace").build(), PLACES);
    assertThat(policy.evaluate("/ws/.git/objects/ab/cd", Operation.WRITE).allowed()).isTrue();
    assertThat(policy.evaluate("/ws/.git/refs/heads/main", Operation.WRITE).allowed()).isTrue();
    EffectivePolicy strict =
        EffectivePolicy.of(
            policy.policy().toBuilder().protectedNames(ProtectedNames.READ_ONLY).build(), PLACES);
    assertThat(strict.evaluate("/ws/.git/objects/ab/cd", Operation.WRITE).allowed()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "relative/path, ':workspace/relative/path'",
    "/a/../b, /b",
    "~/.m2, ':home/.m2'",
    ":worksapce, ':workspace'"
  })
  void malformedPathErrorSuggestsTheNearestForm(String path, String nearest) {
    SandboxPolicy policy = SandboxPolicy.builder().write(path).build();
    assertThatThrownBy(() -> EffectivePolicy.of(policy, PLACES))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(path)
        .hasMessageContaining(nearest);
  }

  @Test
  void contradictoryRulesAreRejected() {
    PolicyBuilder builder = SandboxPolicy.builder().write("/a");
    assertThatThrownBy(() -> builder.read("/a"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("/a")
        .hasMessageContaining("write");
    assertThat(builder.layer().read("/a").build().rules()).hasSize(1);
  }

  @Test
  void fileSystemRootAsWorkspaceIsRejected() {
    SandboxPolicy policy = SandboxPolicy.builder().write(":workspace").build();
    assertThatThrownBy(
            () -> EffectivePolicy.of(policy, PathContext.of(PathStyle.POSIX, "/", "/root")))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("workspace");
  }

  @Test
  void missingPathsAreRejectedOrSkipped(@TempDir Path directory) {
    PathContext places = PathContext.current(directory);
    SandboxPolicy rejecting = SandboxPolicy.builder().write(directory + "/missing").build();
    assertThatThrownBy(() -> EffectivePolicy.of(rejecting, places))
        .hasMessageContaining("nothing is there");

    SandboxPolicy skipping =
        SandboxPolicy.builder()
            .rule(directory + "/missing", Access.WRITE, MissingPath.SKIP)
            .build();
    assertThat(
            EffectivePolicy.of(skipping, places)
                .evaluate(directory + "/missing/x", Operation.WRITE)
                .allowed())
        .isFalse();
  }

  @Test
  void deniedPathStaysDeniedWhenCreatedLater(@TempDir Path directory) {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().write(":workspace").none(":workspace/later").build(),
            PathContext.current(directory));
    assertThat(policy.check(directory + "/later/x", Operation.READ).allowed()).isFalse();
  }

  @Test
  void linksInRulesAndInCheckedPathsAreResolved(@TempDir Path directory) throws IOException {
    Path real = Files.createDirectory(directory.resolve("real"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().write(link.toString()).build(), PathContext.current(directory));
    assertThat(policy.check(real + "/x", Operation.WRITE).allowed()).isTrue();
    assertThat(policy.check(link + "/x", Operation.WRITE).allowed()).isTrue();
    assertThat(policy.check(directory + "/x", Operation.WRITE).allowed()).isFalse();
  }

  @Test
  void windowsPathsIgnoreCase() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().write(":workspace").none("C:\\Work\\Secret").build(),
            PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me"));
    assertThat(policy.evaluate("c:/WORK/a.txt", Operation.WRITE).allowed()).isTrue();
    assertThat(policy.evaluate("C:\\work\\SECRET\\a", Operation.READ).allowed()).isFalse();
    assertThat(policy.evaluate("D:\\work\\a", Operation.WRITE).allowed()).isFalse();
  }
}
