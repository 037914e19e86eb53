package org.ringfence.linux.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxRefusedException;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;

/** Runs commands on a file system that finds names in any letter case, as drives of Windows do. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "mounts a file system of Linux")
class AnyCaseDriveTest {
  private static final Path PROGRAM = Path.of("src", "test", "filesystem", "any-case.py");

  @TempDir private Path directory;
  private Path drive;
  private Path workspace;
  private Process server;

  @BeforeEach
  void mount() throws Exception {
    mount("fuse.ntfs-3g");
  }

  private void mount(String type) throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can mount here");
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "this kernel has no FUSE");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "bubblewrap is not installed");
    Path backing = Files.createDirectories(directory.resolve("backing/work"));
    drive = Files.createDirectories(directory.resolve("drive"));
    for (String name : List.of("secret", "open")) {
      Files.writeString(Files.createDirectories(backing.resolve(name)).resolve("key"), "private");
    }
    Files.writeString(backing.resolve("token"), "private");
    Files.writeString(backing.resolve(".env"), "private");
    Files.writeString(backing.resolve("policy.json"), "{}");
    server =
        new ProcessBuilder(
                "python3",
                PROGRAM.toAbsolutePath().toString(),
                backing.getParent().toString(),
                drive.toString(),
                type)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = server.inputReader().readLine();
    assumeTrue("mounted".equals(said), "FUSE cannot be mounted here");
    workspace = drive.resolve("work");
  }

  @AfterEach
  void unmount() throws Exception {
    if (server != null) {
      server.getOutputStream().close();
      assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  private Sandbox open(PolicyBuilder policy, String backend) throws Exception {
    return Sandbox.opener(policy.build()).workspace(workspace).backend(backend).open();
  }

  private static String run(Sandbox sandbox, String script) throws Exception {
    return sandbox.command("/bin/sh", "-c", script).run().stdout().text();
  }

  /** Runs a script without a sandbox. */
  private String control(String script) throws Exception {
    Process shell =
        new ProcessBuilder("/bin/sh", "-c", script).directory(workspace.toFile()).start();
    String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    shell.waitFor();
    return output;
  }

  @Test
  void hiddenPathIsHiddenUnderEachSpelling() throws Exception {
    String reads = "cat SECRET/key; cat Secret/KEY; cat TOKEN; cd SECRET && cat key";
    assertThat(control(reads)).isEqualTo("private".repeat(4));
    PolicyBuilder hides =
        SandboxPolicy.builder()
            .write(":workspace")
            .none(workspace.resolve("secret").toString())
            .none(workspace.resolve("token").toString());
    try (Sandbox sandbox = open(hides, "bubblewrap")) {
      assertThat(run(sandbox, reads + "; cat secret/key; cat token")).isEmpty();
      assertThat(run(sandbox, "mv SECRET away; mv sEcret away; cat away/key")).isEmpty();
      assertThat(run(sandbox, "cd ..; mv WORK away && cat away/secret/key")).isEmpty();
      assertThat(run(sandbox, "ln TOKEN other; cat other")).isEmpty();
      assertThat(run(sandbox, "cat open/key OPEN/KEY; echo new > made; cat MADE"))
          .isEqualTo("privateprivatenew\n");
    }
    assertThat(control("cat secret/key")).isEqualTo("private");
  }

  /** The last type compares names exactly, as ext4 does but for directories with an attribute. */
  @ParameterizedTest
  @ValueSource(strings = {"fuse.ntfs-3g", "fuse.unheard-of", "fuse.snapfuse"})
  void eachSpellingOfANameIsTheName(String type) throws Exception {
    unmount();
    mount(type);
    String reads =
        "cat se\u200ccret/key secret./key 'SECRET /key' \uff33ecret/KEY \uff34oken token. .ENV.";
    assertThat(control(reads)).isEqualTo("private".repeat(7));
    PolicyBuilder policy =
        SandboxPolicy.builder()
            .write(":workspace")
            .none(workspace.resolve("secret").toString())
            .none(workspace.resolve("token").toString())
            .denyGlobs(List.of("**/.env"))
            .protectedPath(workspace.resolve("policy.json").toString());
    try (Sandbox sandbox = open(policy, "bubblewrap")) {
      assertThat(run(sandbox, reads + " secret/key token .env .e\u200cnv")).isEmpty();
      assertThat(run(sandbox, "mv secret. away; mv se\u200ccret away; cat away/key")).isEmpty();
      run(sandbox, "echo y > policy.json.; rm \uff30olicy.json; mv open/key POLICY.JSON.");
      run(sandbox, "mkdir .git; mkdir .g\u200cit/hooks .git./hooks '.git/HOOKS '");
      run(sandbox, "echo x > .envrc. ; echo x > .envr\u200cc; echo x > '.envrc '");
      assertThat(run(sandbox, "cat open./key policy.json; echo new > made; cat MADE."))
          .isEqualTo("private{}new\n");
    }
    assertThat(control("ls -A . .git")).doesNotContainIgnoringCase("hooks", "envrc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bubblewrap", "landlock"})
  void globsAndProtectedPathsHoldUnderEachSpelling(String backend) throws Exception {
    assertThat(control("cat .ENV; echo x > POLICY.JSON; cat policy.json")).isEqualTo("privatex\n");
    PolicyBuilder policy =
        SandboxPolicy.builder()
            .write(":workspace")
            .denyGlobs(List.of("**/.env"))
            .protectedPath(workspace.resolve("policy.json").toString());
    try (Sandbox sandbox = open(policy, backend)) {
      assertThat(run(sandbox, "cat .env; cat .ENV; cat .eNv; mv .ENV seen; cat seen")).isEmpty();
      run(sandbox, "echo y > POLICY.json; rm Policy.Json; mv open/key POLICY.JSON");
      run(sandbox, "mkdir .GIT; mkdir .Git/Hooks; echo x > .git/HOOKS/pre-commit");
      run(sandbox, "mkdir GIT~1 && touch GIT~1/x; echo x > ENVRC~1");
      assertThat(run(sandbox, "cat policy.json OPEN/key; echo new > Made; cat mADE"))
          .isEqualTo("x\nprivatenew\n");
    }
    assertThat(control("ls -A; ls .git")).doesNotContain("Hooks", "HOOKS", "~1");
  }

  @Test
  void existingLevelIsDecidedNameByName() throws Exception {
    PolicyBuilder existing =
        SandboxPolicy.builder().write(":workspace").protectedNames(ProtectedNames.EXISTING);
    try (Sandbox sandbox = open(existing, "bubblewrap")) {
      assertThat(sandbox.plan().guarantees())
          .filteredOn(one -> one.guarantee() == Guarantee.FILES_PROTECTED_NAMES)
          .extracting(PlannedGuarantee::statement)
          .singleElement()
          .asString()
          .contains("decided name by name", "other names");
      run(sandbox, "mkdir -p .GIT/HOOKS; echo x > .ENVRC");
      assertThat(control("ls -A")).doesNotContain(".ENVRC");
    }
  }

  @Test
  void landlockStillRefusesToHideAPath() {
    assertThatThrownBy(
            () ->
                open(
                    SandboxPolicy.builder()
                        .write(":workspace")
                        .none(workspace.resolve("secret").toString()),
                    "landlock"))
        .isInstanceOf(SandboxRefusedException.class);
  }
}
