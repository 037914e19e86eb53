package org.ringfence.policy.proposal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.event.Violation;
import org.ringfence.policy.Decision;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.proposal.PolicyProposal.Grant;
import org.ringfence.policy.proposal.PolicyProposal.Refusal;

class PolicyProposalTest {
  @TempDir private Path directory;
  private Path home;
  private Path workspace;
  private PathContext places;
  private final List<Grant> questions = new ArrayList<>();
  private boolean answer;

  @BeforeEach
  void createHomeAndWorkspace() throws IOException {
    home = Files.createDirectories(directory.toRealPath().resolve("home"));
    workspace = Files.createDirectories(home.resolve("project"));
    Files.createDirectories(directory.resolve("elsewhere"));
    places =
        PathContext.of(PathStyle.POSIX, workspace.toString(), home.toString())
            .lookedUp(PathLookup.HOST);
  }

  private Violation denial(String operation, Path path, String access, FileDefault fallback) {
    return new Violation(
        operation,
        path.toString(),
        1,
        "",
        new Reason.Default(fallback, access.equals("read") ? Operation.READ : Operation.WRITE),
        Violation.Certainty.CERTAIN);
  }

  private PolicyProposal proposalForWrite(String operation, Path path) {
    return proposalAfter(
        Presets.load("read-only"), denial(operation, path, "write", FileDefault.READ));
  }

  private PolicyProposal proposalAfter(SandboxPolicy policy, Violation denial) {
    return proposalAfter(policy, List.of(denial), List.of());
  }

  private PolicyProposal proposalAfter(
      SandboxPolicy policy, List<Violation> denials, List<Grant> earlier) {
    return PolicyProposal.after(
        EffectivePolicy.of(policy, places),
        denials,
        earlier,
        Presets.toolchains(),
        grant -> {
          questions.add(grant);
          return answer;
        });
  }

  private void assertGrantsNothing(PolicyProposal proposal, String reason) {
    assertThat(proposal.granted()).isEmpty();
    assertThat(proposal.refused())
        .extracting(Refusal::reason)
        .singleElement()
        .asString()
        .contains(reason);
    assertThat(proposal.policy().rules()).isEqualTo(Presets.load("read-only").rules());
  }

  @ParameterizedTest
  @CsvSource({
    ".bashrc, bash(1)",
    ".ssh/authorized_keys, sshd(8)",
    ".config/systemd/user/x.service, systemd.unit(5)",
    ".config/never-heard-of, protected name",
    ".local/bin/ls, PATH",
    "project/.git/hooks/pre-commit, protected name .git/hooks",
    "project/.git/config, protected name .git/config",
    "project/.vscode/tasks.json, Visual Studio Code",
    ".m2/settings.xml, Maven"
  })
  void protectedNameIsNeitherGrantedNorAskedFor(String name, String reason) throws IOException {
    answer = true;
    Path file = home.resolve(name);
    for (boolean there : new boolean[] {false, true}) {
      if (there) {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "");
      }
      assertGrantsNothing(proposalForWrite(there ? "open" : "create", file), reason);
    }
    assertThat(questions).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a*b", "a?b", "a[b", "a\\b", "a\nb", ":home", "~", "a*b/c"})
  void fileWhoseNameHasCharactersOfPatternsIsGrantedOrListed(String name) throws IOException {
    answer = true;
    Path file = workspace.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "");
    PolicyProposal proposal = proposalForWrite("open", file);
    assertThat(proposal.granted().size() + proposal.refused().size()).isEqualTo(1);
    EffectivePolicy after = EffectivePolicy.of(proposal.policy(), places);
    assertThat(after.evaluate(file.toString(), Operation.WRITE).allowed())
        .isEqualTo(!proposal.granted().isEmpty());
    assertThat(after.evaluate(file.resolveSibling("aXb").toString(), Operation.WRITE).allowed())
        .isFalse();
  }

  @Test
  void workspaceFileIsGrantedByItself() throws IOException {
    Files.writeString(workspace.resolve("there"), "");
    PolicyProposal proposal = proposalForWrite("open", workspace.resolve("there"));
    assertThat(proposal.granted())
        .extracting(Grant::what)
        .containsExactly("write :workspace/there");
    assertThat(proposal.refused()).isEmpty();
  }

  @Test
  void grantShowsSpecialCharactersOfANameAsEscapes() throws IOException {
    Files.writeString(workspace.resolve("a\u200bb"), "");
    assertThat(proposalForWrite("open", workspace.resolve("a\u200bb")).granted())
        .extracting(Grant::what)
        .containsExactly("write $':workspace/a\\u200bb'");
  }

  @Test
  void creatingInTheWorkspaceGrantsTheDirectory() throws IOException {
    Files.createDirectories(workspace.resolve("out"));
    assertThat(proposalForWrite("create", workspace.resolve("out/new")).granted())
        .extracting(Grant::what)
        .containsExactly("write :workspace/out");
    assertThat(proposalForWrite("mkdir", workspace.resolve("other/deep")).granted())
        .extracting(Grant::what)
        .containsExactly("write :workspace");
  }

  @Test
  void workspaceLinkToStartUpFileGrantsNothing() throws IOException {
    Files.writeString(home.resolve(".bashrc"), "");
    Path link = Files.createSymbolicLink(workspace.resolve("notes"), home.resolve(".bashrc"));
    assertGrantsNothing(proposalForWrite("open", link), "bash(1)");
  }

  @Test
  void outsideTheWorkspaceFileNeedsConsentAndDirectoryIsNeverGranted() throws IOException {
    Path there = Files.writeString(directory.toRealPath().resolve("elsewhere/there"), "");
    assertGrantsNothing(proposalForWrite("open", there), "outside the workspace");
    assertThat(questions).extracting(Grant::what).containsExactly("write " + there);
    answer = true;
    assertThat(proposalForWrite("open", there).granted())
        .extracting(Grant::what)
        .containsExactly("write " + there);
    questions.clear();
    assertGrantsNothing(
        proposalForWrite("create", there.resolveSibling("new")), "only its directory");
    assertGrantsNothing(proposalForWrite("unlink", there), "only its directory");
    assertGrantsNothing(proposalForWrite("mkdir", home.resolve("new")), "only its directory");
    assertThat(questions).isEmpty();
  }

  @Test
  void existingCacheOfAPresetIsGranted() throws IOException {
    Path jar = home.resolve(".m2/repository/a/b.jar");
    assertGrantsNothing(proposalForWrite("create", jar), "does not exist");
    Files.createDirectories(home.resolve(".m2/repository"));
    assertThat(proposalForWrite("create", jar).granted())
        .extracting(Grant::what)
        .containsExactly("write :home/.m2/repository");
    Files.createDirectories(home.resolve(".cache/other"));
    assertGrantsNothing(
        proposalForWrite("create", home.resolve(".cache/other/x")), "only its directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {".ssh/id_ed25519", ".aws/credentials", ".netrc", ".bash_history"})
  void secretIsNotGrantedForReading(String name) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "");
    Violation denial = denial("open", file, "read", FileDefault.MINIMAL);
    SandboxPolicy minimal = SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL).build();
    PolicyProposal proposal = proposalAfter(minimal, denial);
    assertThat(proposal.granted()).isEmpty();
    assertThat(proposal.refused()).extracting(Refusal::reason).allMatch(r -> r.contains("secrets"));
    Violation all = denial("open", home, "read", FileDefault.MINIMAL);
    assertThat(proposalAfter(minimal, all).granted()).isEmpty();
    SandboxPolicy hidden =
        SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL).none(":home/.ssh").build();
    assertThat(proposalAfter(hidden, all).granted()).isEmpty();
    Files.writeString(home.resolve("notes"), "");
    Violation notes = denial("open", home.resolve("notes"), "read", FileDefault.MINIMAL);
    assertThat(proposalAfter(minimal, notes).granted())
        .extracting(Grant::what)
        .containsExactly("read :home/notes");
  }

  @Test
  void homeIsGrantedForReadingIfItsSecretsAreHidden() {
    PolicyBuilder builder =
        Presets.load("no-credentials").toBuilder().fileDefault(FileDefault.MINIMAL);
    Violation all = denial("open", home, "read", FileDefault.MINIMAL);
    assertThat(proposalAfter(builder.build(), all).granted())
        .extracting(Grant::what)
        .containsExactly("read :home");
  }

  @Test
  void hostSocketNeedsConsent() {
    Violation socket =
        new Violation(
            "connect",
            "/run/docker.sock",
            1,
            "",
            new Reason.UnixSocket("/run/docker.sock"),
            Violation.Certainty.CERTAIN);
    assertGrantsNothing(proposalAfter(Presets.load("read-only"), socket), "acts outside");
    assertThat(questions).hasSize(1);
    answer = true;
    assertThat(proposalAfter(Presets.load("read-only"), socket).policy().network().unixSockets())
        .contains("/run/docker.sock");
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, true",
    "127.0.0.1, true",
    "::1, true",
    "db.localhost, true",
    "build-server, true",
    "169.254.169.254, true",
    "10.0.0.1, true",
    "repo.example.org, false",
    "93.184.216.34, false"
  })
  void hostNearThisMachineNeedsConsent(String host, boolean near) {
    SandboxPolicy policy =
        Presets.load("read-only").toBuilder().network(NetworkMode.ALLOWLIST).build();
    Violation denial =
        new Violation(
            "connect",
            host + ":9978",
            1,
            "",
            new Reason.Unlisted(host, 9978),
            Violation.Certainty.CERTAIN);
    assertThat(proposalAfter(policy, denial).policy().network().allow().isEmpty()).isEqualTo(near);
    assertThat(questions).hasSize(near ? 1 : 0);
    answer = true;
    assertThat(proposalAfter(policy, denial).policy().network().allow()).hasSize(1);
  }

  private List<Violation> denials(Path in, String access, int count) throws IOException {
    List<Violation> denials = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Path file = Files.createDirectories(in.resolve("d" + i)).resolve("file");
      Files.writeString(file, "");
      FileDefault fallback = access.equals("read") ? FileDefault.MINIMAL : FileDefault.READ;
      denials.add(denial("open", file, access, fallback));
    }
    return denials;
  }

  @Test
  void manyFilesOfOneTreeCauseOneQuestion() throws IOException {
    Path tool = Files.createDirectories(directory.toRealPath().resolve("elsewhere/tool"));
    List<Violation> many = denials(tool, "write", 6);
    SandboxPolicy start = Presets.load("read-only");
    answer = true;
    PolicyProposal proposal = proposalAfter(start, many, List.of());
    assertThat(questions).extracting(Grant::what).containsExactly("write " + tool);
    assertThat(proposal.granted()).isEqualTo(questions).allMatch(Grant::isTree);
    assertThat(proposal.refused()).isEmpty();
    assertThat(
            EffectivePolicy.of(proposal.policy(), places)
                .evaluate(tool.resolve("new").toString(), Operation.WRITE))
        .matches(Decision::allowed);
    answer = false;
    PolicyProposal refused = proposalAfter(start, many, List.of());
    assertThat(refused.granted()).isEmpty();
    assertThat(refused.refused())
        .hasSize(6)
        .allMatch(each -> each.reason().contains("a rule that grants writing " + tool));
  }

  @Test
  void fewFilesOfATreeDoNotGrantItsDirectory() throws IOException {
    answer = true;
    Path tool = Files.createDirectories(directory.toRealPath().resolve("elsewhere/tool"));
    List<Violation> few = new ArrayList<>(denials(tool, "write", 4));
    few.addAll(few);
    assertThat(proposalAfter(Presets.load("read-only"), few, List.of()).granted())
        .hasSize(4)
        .noneMatch(Grant::isTree);
  }

  @Test
  void grantsOfEarlierRunsCountTowardsATree() throws IOException {
    answer = true;
    Path tool = Files.createDirectories(directory.toRealPath().resolve("elsewhere/tool"));
    List<Violation> many = denials(tool, "read", 6);
    SandboxPolicy minimal = SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL).build();
    PolicyProposal first = proposalAfter(minimal, many.subList(0, 4), List.of());
    assertThat(first.granted()).hasSize(4).noneMatch(Grant::isTree);
    PolicyProposal second = proposalAfter(first.policy(), many.subList(4, 5), first.granted());
    assertThat(second.granted()).extracting(Grant::what).containsExactly("read " + tool);
    assertThat(proposalAfter(first.policy(), many.subList(4, 5), List.of()).granted())
        .noneMatch(Grant::isTree);
  }

  @Test
  void treeGrantNeverCoversSecretsProtectedNamesOrFilesOfManyPrograms() throws IOException {
    answer = true;
    SandboxPolicy start = Presets.load("read-only");
    SandboxPolicy minimal = SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL).build();
    for (String name : List.of(".ssh", ".config", ".local/bin", ".")) {
      Path tree = home.resolve(name).normalize();
      assertThat(proposalAfter(start, denials(tree, "write", 6), List.of()).granted())
          .as(name)
          .noneMatch(grant -> grant.isTree() && grant.path().equals(tree.toString()));
      assertThat(proposalAfter(minimal, denials(tree, "read", 6), List.of()).granted())
          .as(name)
          .noneMatch(grant -> grant.isTree() && grant.path().equals(tree.toString()));
    }
    Path cache = home.resolve(".cache/tool");
    assertThat(proposalAfter(start, denials(cache, "write", 6), List.of()).granted())
        .extracting(Grant::what)
        .containsExactly("write :home/.cache/tool");
    SandboxPolicy off = start.toBuilder().protectedNames(ProtectedNames.OFF).build();
    assertThat(proposalAfter(off, denials(cache, "write", 6), List.of()).granted())
        .noneMatch(Grant::isTree);
    Path hooks = directory.toRealPath().resolve("elsewhere/tool/.git/hooks");
    assertThat(proposalAfter(start, denials(hooks, "write", 6), List.of()).granted())
        .noneMatch(grant -> grant.isTree() && grant.path().contains(".git"));
  }
}
