package org.ringfence.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links that a command may have made do not choose what the next command gets. */
class PlantedLinksTest {
  @TempDir Path given;
  private Path top;
  private Path workspace;

  @BeforeEach
  void layOut() throws IOException {
    top = given.toRealPath();
    workspace = Files.createDirectory(top.resolve("ws"));
    Files.createDirectories(top.resolve("secret/inner"));
    Files.createDirectories(workspace.resolve("kept/sub"));
    Files.createDirectories(workspace.resolve("real/sub"));
    Files.createDirectories(workspace.resolve(".vscode"));
  }

  private EffectivePolicy place(PolicyBuilder builder) {
    return builder.build().in(Places.current(workspace));
  }

  private static PolicyBuilder write() {
    return SandboxPolicy.builder().tmp(TmpPolicy.NONE).write(":workspace");
  }

  private void refused(PolicyBuilder builder, Path link, Path real) {
    assertThatThrownBy(() -> place(builder))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(link.toString())
        .hasMessageContaining(real.toString());
  }

  @Test
  void aRuleThroughALinkInTheWorkspaceThatLeadsOutIsRefused() throws IOException {
    Path link = Files.createSymbolicLink(workspace.resolve("out"), top.resolve("secret"));
    refused(write().write(link.toString()), link, top.resolve("secret"));
    refused(write().write(":workspace/out"), link, top.resolve("secret"));
    refused(write().write(":workspace/out/inner"), link, top.resolve("secret/inner"));
    refused(
        write().fileDefault(FileDefault.MINIMAL).read(":workspace/out"),
        link,
        top.resolve("secret"));
  }

  @Test
  void aLinkOverALinkOutsideIsFollowedToItsEnd() throws IOException {
    Path user = Files.createSymbolicLink(top.resolve("by-user"), top.resolve("secret"));
    Path link = Files.createSymbolicLink(workspace.resolve("out"), user);
    refused(write().write(link.toString()), link, top.resolve("secret"));
  }

  @Test
  void aLinkInAnotherWritableRootIsRefused() throws IOException {
    Path cache = Files.createDirectory(top.resolve("cache"));
    Path link = Files.createSymbolicLink(cache.resolve("x"), top.resolve("secret"));
    refused(write().write(cache.toString()).write(link.toString()), link, top.resolve("secret"));
    refused(write().write(link.toString()).write(cache.toString()), link, top.resolve("secret"));
  }

  @Test
  void aLinkIntoWhatARuleTakesAwayOrANameProtectsIsRefused() throws IOException {
    Path link = Files.createSymbolicLink(workspace.resolve("out"), workspace.resolve("kept/sub"));
    refused(
        write().read(":workspace/kept").write(":workspace/out"),
        link,
        workspace.resolve("kept/sub"));
    Path tool = Files.createSymbolicLink(workspace.resolve("tool"), workspace.resolve(".vscode"));
    refused(
        write().protectedNames(ProtectedNames.HOOKS_AND_CONFIG).write(":workspace/tool"),
        tool,
        workspace.resolve(".vscode"));
  }

  @Test
  void aLinkThatStaysWithinIsFollowed() throws IOException {
    Files.createSymbolicLink(workspace.resolve("out"), workspace.resolve("real"));
    EffectivePolicy policy = place(write().write(":workspace/out/sub"));
    assertThat(policy.evaluate(workspace + "/real/sub/x", Operation.WRITE).allowed()).isTrue();
    place(write().fileDefault(FileDefault.READ).read(":workspace/out"));
  }

  @Test
  void aLinkOfTheUsersOutsideWhatIsWrittenIsFollowed() throws IOException {
    Path link = Files.createSymbolicLink(top.resolve("by-user"), top.resolve("secret"));
    EffectivePolicy policy = place(write().write(link.toString()));
    assertThat(policy.evaluate(top + "/secret/x", Operation.WRITE).allowed()).isTrue();
  }

  @Test
  void aLinkThatLeadsToNothingIsWhereItWouldLead() throws IOException {
    Files.createSymbolicLink(top.resolve("later"), top.resolve("secret/later"));
    EffectivePolicy policy = place(write().rule(top + "/later", Access.NONE, MissingPath.SKIP));
    assertThat(policy.evaluate(top + "/secret/later", Operation.READ).allowed()).isFalse();
    assertThatThrownBy(() -> place(write().write(top + "/later")))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("nothing is there");
  }

  @Test
  void aProtectedPathKeepsTheLinksThatLeadToIt() throws IOException {
    Files.createSymbolicLink(workspace.resolve("policy.json"), workspace.resolve("real/p.json"));
    Files.writeString(workspace.resolve("real/p.json"), "{}");
    EffectivePolicy policy = place(write().protectedPath(":workspace/policy.json"));
    for (String path : new String[] {"/policy.json", "/real/p.json"}) {
      assertThat(policy.evaluate(workspace + path, Operation.WRITE).allowed()).as(path).isFalse();
    }
    assertThat(policy.evaluateRemoval(workspace + "/real").allowed()).isFalse();
    assertThat(policy.evaluate(workspace + "/real/other", Operation.WRITE).allowed()).isTrue();
  }

  @Test
  void whatIsGrantedStaysWhereItIs() {
    EffectivePolicy policy = place(write().write(":workspace/real/sub"));
    for (String path : new String[] {"", "/real", "/real/sub"}) {
      assertThat(policy.evaluateRemoval(workspace + path).allowed()).as(path).isFalse();
      assertThat(policy.evaluateReplacement(workspace + path).allowed()).as(path).isFalse();
    }
    assertThat(policy.evaluateRemoval(workspace + "/kept").allowed()).isTrue();
    assertThat(policy.evaluateRemoval(workspace + "/real/sub/x").allowed()).isTrue();
  }
}
