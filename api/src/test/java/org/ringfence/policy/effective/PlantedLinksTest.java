package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * A link that an earlier command may have planted must not widen the access of the next command.
 */
class PlantedLinksTest {
  @TempDir Path given;
  private Path top;
  private Path workspace;

  @BeforeEach
  void createTestTree() throws IOException {
    top = given.toRealPath();
    workspace = Files.createDirectory(top.resolve("ws"));
    Files.createDirectories(top.resolve("secret/inner"));
    Files.createDirectories(workspace.resolve("kept/sub"));
    Files.createDirectories(workspace.resolve("real/sub"));
    Files.createDirectories(workspace.resolve(".vscode"));
  }

  private EffectivePolicy place(PolicyBuilder builder) {
    return EffectivePolicy.of(builder.build(), PathContext.current(workspace));
  }

  private static PolicyBuilder workspaceWrite() {
    return SandboxPolicy.builder().tmp(TmpPolicy.NONE).write(":workspace");
  }

  private void assertRejected(PolicyBuilder builder, Path link, Path real) {
    assertThatThrownBy(() -> place(builder))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(link.toString())
        .hasMessageContaining(real.toString());
  }

  @Test
  void ruleThroughWorkspaceLinkToOutsideIsRejected() throws IOException {
    Path link = Files.createSymbolicLink(workspace.resolve("out"), top.resolve("secret"));
    assertRejected(workspaceWrite().write(link.toString()), link, top.resolve("secret"));
    assertRejected(workspaceWrite().write(":workspace/out"), link, top.resolve("secret"));
    assertRejected(
        workspaceWrite().write(":workspace/out/inner"), link, top.resolve("secret/inner"));
    assertRejected(
        workspaceWrite().fileDefault(FileDefault.MINIMAL).read(":workspace/out"),
        link,
        top.resolve("secret"));
  }

  @Test
  void rejectionNamesTheFinalTargetOfALinkChain() throws IOException {
    Path user = Files.createSymbolicLink(top.resolve("by-user"), top.resolve("secret"));
    Path link = Files.createSymbolicLink(workspace.resolve("out"), user);
    assertRejected(workspaceWrite().write(link.toString()), link, top.resolve("secret"));
  }

  @Test
  void linkInAnotherWritableRootIsRejected() throws IOException {
    Path cache = Files.createDirectory(top.resolve("cache"));
    Path link = Files.createSymbolicLink(cache.resolve("x"), top.resolve("secret"));
    assertRejected(
        workspaceWrite().write(cache.toString()).write(link.toString()),
        link,
        top.resolve("secret"));
    assertRejected(
        workspaceWrite().write(link.toString()).write(cache.toString()),
        link,
        top.resolve("secret"));
  }

  @Test
  void linkIntoReadOnlyOrProtectedDirectoryIsRejected() throws IOException {
    Path link = Files.createSymbolicLink(workspace.resolve("out"), workspace.resolve("kept/sub"));
    assertRejected(
        workspaceWrite().read(":workspace/kept").write(":workspace/out"),
        link,
        workspace.resolve("kept/sub"));
    Path tool = Files.createSymbolicLink(workspace.resolve("tool"), workspace.resolve(".vscode"));
    assertRejected(
        workspaceWrite().protectedNames(ProtectedNames.HOOKS_AND_CONFIG).write(":workspace/tool"),
        tool,
        workspace.resolve(".vscode"));
  }

  @Test
  void linkWithinTheWorkspaceIsFollowed() throws IOException {
    Files.createSymbolicLink(workspace.resolve("out"), workspace.resolve("real"));
    EffectivePolicy policy = place(workspaceWrite().write(":workspace/out/sub"));
    assertThat(policy.evaluate(workspace + "/real/sub/x", Operation.WRITE).allowed()).isTrue();
    place(workspaceWrite().fileDefault(FileDefault.READ).read(":workspace/out"));
  }

  @Test
  void linkOutsideWritableRootsIsFollowed() throws IOException {
    Path link = Files.createSymbolicLink(top.resolve("by-user"), top.resolve("secret"));
    EffectivePolicy policy = place(workspaceWrite().write(link.toString()));
    assertThat(policy.evaluate(top + "/secret/x", Operation.WRITE).allowed()).isTrue();
  }

  @Test
  void danglingLinkStandsForItsMissingTarget() throws IOException {
    Files.createSymbolicLink(top.resolve("later"), top.resolve("secret/later"));
    EffectivePolicy policy =
        place(workspaceWrite().rule(top + "/later", Access.NONE, MissingPath.SKIP));
    assertThat(policy.evaluate(top + "/secret/later", Operation.READ).allowed()).isFalse();
    assertThatThrownBy(() -> place(workspaceWrite().write(top + "/later")))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("nothing is there");
  }

  @Test
  void protectedPathProtectsLinkAndTarget() throws IOException {
    Files.createSymbolicLink(workspace.resolve("policy.json"), workspace.resolve("real/p.json"));
    Files.writeString(workspace.resolve("real/p.json"), "{}");
    EffectivePolicy policy = place(workspaceWrite().protectedPath(":workspace/policy.json"));
    for (String path : new String[] {"/policy.json", "/real/p.json"}) {
      assertThat(policy.evaluate(workspace + path, Operation.WRITE).allowed()).as(path).isFalse();
    }
    assertThat(policy.evaluateRemoval(workspace + "/real").allowed()).isFalse();
    assertThat(policy.evaluate(workspace + "/real/other", Operation.WRITE).allowed()).isTrue();
  }

  @Test
  void grantedDirectoryAndItsParentsCannotBeMoved() {
    EffectivePolicy policy = place(workspaceWrite().write(":workspace/real/sub"));
    for (String path : new String[] {"", "/real", "/real/sub"}) {
      assertThat(policy.evaluateRemoval(workspace + path).allowed()).as(path).isFalse();
      assertThat(policy.evaluateReplacement(workspace + path).allowed()).as(path).isFalse();
    }
    assertThat(policy.evaluateRemoval(workspace + "/kept").allowed()).isTrue();
    assertThat(policy.evaluateRemoval(workspace + "/real/sub/x").allowed()).isTrue();
  }
}
