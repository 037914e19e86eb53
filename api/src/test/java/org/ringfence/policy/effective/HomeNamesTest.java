package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.Homes;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;

class HomeNamesTest {
  private static final PathContext AT_HOME =
      PathContext.of(PathStyle.POSIX, "/home/me", "/home/me");
  private static final PathContext IN_A_PROJECT =
      PathContext.of(PathStyle.POSIX, "/home/me/project", "/home/me");

  private static EffectivePolicy policyWriting(PathContext places, String... roots) {
    PolicyBuilder builder = SandboxPolicy.builder();
    for (String root : roots) {
      builder.write(root);
    }
    return EffectivePolicy.of(builder.build(), places);
  }

  private static boolean mayWrite(EffectivePolicy policy, String path) {
    return policy.evaluate(path, Operation.WRITE).allowed();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".bash_aliases",
        ".config/git/config",
        ".config/fish/config.fish",
        ".ssh/rc",
        ".ssh/config",
        ".ssh/authorized_keys",
        ".zlogout",
        ".cshrc",
        ".kshrc",
        ".xprofile",
        ".pam_environment",
        ".vimrc",
        ".config/never-heard-of/rc",
        ".never-heard-of",
        ".LOCAL/bin/ls",
        ".cache/p10k-instant-prompt-me.zsh",
        ".m2/settings.xml",
        "bin/ls",
        "Library/LaunchAgents/x.plist",
        "Documents/PowerShell/profile.ps1",
        "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/x.cmd"
      })
  void startUpFilesInHomeAreNotWritable(String name) {
    for (String root : List.of("/home/me", "/home", "/")) {
      EffectivePolicy policy = policyWriting(AT_HOME, root);
      Decision decision = policy.evaluate("/home/me/" + name, Operation.WRITE);
      assertThat(decision.allowed()).as(root).isFalse();
      assertThat(decision.rule()).startsWith("protectedNames ");
      assertThat(policy.evaluate("/home/me/" + name, Operation.READ).allowed()).isTrue();
    }
    SandboxPolicy off =
        SandboxPolicy.builder().write("/home/me").protectedNames(ProtectedNames.OFF).build();
    assertThat(mayWrite(EffectivePolicy.of(off, AT_HOME), "/home/me/" + name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "project/file",
        "project/.cache/x",
        ".cache/pip/x",
        ".m2/repository/a/b.jar",
        ".m2",
        ".npm/_cacache/x",
        ".git/objects/ab/cd",
        "Library/Caches/x",
        "binary"
      })
  void projectsAndCachesInHomeAreWritable(String name) {
    assertThat(mayWrite(policyWriting(AT_HOME, "/home/me"), "/home/me/" + name)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "/home/me/.m2, settings.xml, repository/x",
    "/home/me/.m2, toolchains.xml, wrapper/x",
    "/home/me/.gradle, init.d/x.gradle, caches/x",
    "/home/me/.gradle, gradle.properties, daemon/x",
    "/home/me/.cargo, bin/cargo, registry/x",
    "/home/me/.config, fish/config.fish, other/x",
    "/home/me/.ssh, authorized_keys, known_hosts",
    "/home/me/.cache, p10k-dump, pip/x",
    "/home/me/Library, LaunchAgents/x, Caches/x"
  })
  void listedNamesAreNotWritableInGrantedPartOfHome(String root, String kept, String open) {
    EffectivePolicy policy = policyWriting(IN_A_PROJECT, root);
    assertThat(mayWrite(policy, root + "/" + kept)).isFalse();
    assertThat(mayWrite(policy, root + "/" + open)).isTrue();
  }

  @Test
  void protectedNameIsWritableIfGrantedExplicitly() {
    EffectivePolicy policy =
        policyWriting(IN_A_PROJECT, "/home/me/.config/fish", "/home/me/.vimrc");
    assertThat(mayWrite(policy, "/home/me/.config/fish/config.fish")).isTrue();
    assertThat(mayWrite(policy, "/home/me/.vimrc")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "/home/me/project/.hg, hgrc, store/x",
    "/home/me/project/sub/.HG, HGRC, hgrc2",
    "/home/me/project/.jj, repo/config.toml, repo/store/x",
    "/home/me/project/.jj/repo, config.toml, op_store/config.toml",
    "/home/me/project/.vscode, .jj/repo/config.toml, tasks.json"
  })
  void grantOnLeadingDirectoryDoesNotCoverTheProtectedName(String root, String kept, String open) {
    EffectivePolicy policy = policyWriting(IN_A_PROJECT, root);
    assertThat(mayWrite(policy, root + "/" + kept)).isFalse();
    assertThat(mayWrite(policy, root + "/" + open)).isTrue();
    assertThat(policy.keptNames()).contains(root + "/" + kept.toLowerCase(Locale.ROOT));
    assertThat(mayWrite(policyWriting(IN_A_PROJECT, root + "/" + kept), root + "/" + kept))
        .isTrue();
  }

  @Test
  void directoryThatLeadsToProtectedNameCannotBeReplaced() {
    EffectivePolicy policy = policyWriting(IN_A_PROJECT, "/home/me/project/.jj");
    assertThat(policy.evaluateReplacement("/home/me/project/.jj/repo").allowed()).isFalse();
    assertThat(policy.evaluateReplacement("/home/me/project/.jj/other").allowed()).isTrue();
  }

  @Test
  void targetOfLinkAtProtectedNameInGrantedDirectoryIsProtected(@TempDir Path directory)
      throws IOException {
    Path real = directory.toRealPath();
    Path root = Files.createDirectories(real.resolve(".hg"));
    Files.writeString(root.resolve("settings"), "");
    Files.createSymbolicLink(root.resolve("hgrc"), Path.of("settings"));
    PathContext places =
        PathContext.of(PathStyle.POSIX, real.toString(), "/home/me").lookedUp(PathLookup.HOST);
    EffectivePolicy policy = policyWriting(places, root.toString());
    assertThat(mayWrite(policy, root + "/settings")).isFalse();
    assertThat(mayWrite(policy, root + "/other")).isTrue();
  }

  @Test
  void projectInsideHomeIsNotTreatedAsHome() {
    EffectivePolicy policy = policyWriting(IN_A_PROJECT, ":workspace");
    assertThat(policy.homes().homes()).isEmpty();
    assertThat(mayWrite(policy, "/home/me/project/.never-heard-of")).isTrue();
    assertThat(mayWrite(policy, "/home/me/project/bin/tool")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "/home/me, /home/me/.m2",
    "/home/me, /home/me/.local/share",
    "/home/me/.local, /home/me/.local/share",
    "/home, /home/me",
    "/home/me, /home/me/Documents",
    "/home/me/project, /home/me/project/.hg"
  })
  void pathAboveListedNameCannotBeReplaced(String root, String path) {
    EffectivePolicy policy = policyWriting(IN_A_PROJECT, root);
    assertThat(policy.evaluateReplacement(path).allowed()).isFalse();
    assertThat(policy.evaluateReplacement(root + "/other").allowed()).isTrue();
  }

  @Test
  void targetOfProtectedLinkInHomeIsProtected(@TempDir Path home) throws IOException {
    Path real = home.toRealPath();
    Files.createDirectories(real.resolve(".config/tool"));
    Files.createDirectories(real.resolve("settings"));
    Files.writeString(real.resolve("settings/tool.conf"), "");
    Files.writeString(real.resolve("settings/rc"), "");
    Files.createSymbolicLink(real.resolve(".config/tool/conf"), real.resolve("settings/tool.conf"));
    Files.createSymbolicLink(real.resolve(".some-rc"), Path.of("settings/rc"));
    PathContext places =
        PathContext.of(PathStyle.POSIX, real.toString(), real.toString()).lookedUp(PathLookup.HOST);
    EffectivePolicy policy = policyWriting(places, real.toString());
    assertThat(mayWrite(policy, real + "/settings/tool.conf")).isFalse();
    assertThat(mayWrite(policy, real + "/settings/rc")).isFalse();
    assertThat(mayWrite(policy, real + "/settings/other")).isTrue();
  }

  @Test
  void homesOfLoginAccountsAreFound() throws IOException {
    Path accounts = Path.of("/etc/passwd");
    org.junit.jupiter.api.Assumptions.assumeTrue(
        Files.isReadable(accounts), "the password database cannot be read here");
    List<String> homes =
        Homes.of(PathContext.of(PathStyle.POSIX, "/", "/home/me").lookedUp(PathLookup.HOST))
            .stream()
            .toList();
    for (String line : Files.readAllLines(accounts)) {
      String[] fields = line.split(":", -1);
      if (fields.length > 6
          && fields[6].endsWith("/bash")
          && Files.isDirectory(Path.of(fields[5]))) {
        assertThat(homes).contains(Path.of(fields[5]).toRealPath().toString());
      }
    }
    assertThat(homes).doesNotContain("/", "/usr/sbin");
  }

  @Test
  void plainNamesMatchTheList() {
    assertThat(HomeNames.names())
        .extracting(name -> name.components().get(0))
        .filteredOn(first -> !first.startsWith("."))
        .hasSameElementsAs(HomeNames.PLAIN);
  }
}
