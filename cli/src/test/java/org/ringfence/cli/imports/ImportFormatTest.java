package org.ringfence.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.policy.EnvironmentPolicy.Inherit;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;

class ImportFormatTest {
  private static final PathContext PLACES = PathContext.of(PathStyle.POSIX, "/ws", "/home/me");

  private static ImportedPolicy read(ImportFormat format, String text) {
    return format.read(text, Optional.empty(), PLACES);
  }

  private static String access(ImportedPolicy imported, String path) {
    EffectivePolicy policy = EffectivePolicy.of(imported.policy(), PLACES);
    return (policy.evaluate(path, Operation.READ).allowed() ? "r" : "-")
        + (policy.evaluate(path, Operation.WRITE).allowed() ? "w" : "-");
  }

  private static final String SRT =
      """
      { "filesystem": {
          "allowWrite": [".", "~/out", "/srv/shut/in", "/opt/*/x"],
          "denyWrite": ["./gen", "/srv/shut"],
          "denyRead": ["~/.ssh", "/ws/secret", "**/.env"],
          "allowRead": ["~/.ssh/known_hosts", "/ws/secret/pub"] },
        "network": {
          "allowedDomains": ["example.org", "*.example.net:443", "[::1]:80"],
          "deniedDomains": ["bad.example.net"],
          "allowUnixSockets": ["/run/x.sock"], "allowLocalBinding": true } }
      """;

  @ParameterizedTest
  @CsvSource({
    "/ws/a, rw",
    "/home/me/out/a, rw",
    "/ws/gen/a, r-",
    "/srv/shut/in/a, r-",
    "/home/me/.ssh/id, --",
    "/home/me/.ssh/known_hosts, r-",
    "/ws/secret/a, --",
    "/ws/secret/pub/a, rw",
    "/ws/sub/.env, --",
    "/etc/passwd, r-"
  })
  void sandboxRuntimesPathsGrantTheSame(String path, String expected) {
    assertThat(access(read(ImportFormat.SRT, SRT), path)).isEqualTo(expected);
  }

  @Test
  void sandboxRuntimesHostsAreAllowedOnEveryPort() {
    ImportedPolicy imported = read(ImportFormat.SRT, SRT);
    assertThat(imported.policy().network().mode()).isEqualTo(NetworkMode.ALLOWLIST);
    assertThat(imported.policy().network().allow().stream().map(Object::toString))
        .containsExactlyInAnyOrder(
            "example.org:1-65535", "*.example.net:443", "[0:0:0:0:0:0:0:1]:80");
    assertThat(imported.policy().network().unixSockets()).containsExactly("/run/x.sock");
    assertThat(imported.unsaid().stream().map(Unsaid::text))
        .anyMatch(text -> text.contains("'/opt/*/x' is not granted"))
        .anyMatch(text -> text.contains("/ws/secret is not written either"));
    assertThat(imported.mayBeWeaker()).isFalse();
  }

  @Test
  void emptySettingsOfSandboxRuntimeGrantReadingAlone() {
    ImportedPolicy imported = read(ImportFormat.SRT, "{}");
    assertThat(access(imported, "/ws/a")).isEqualTo("r-");
    assertThat(imported.policy().network().mode()).isEqualTo(NetworkMode.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"network\":{\"tlsTerminate\":{}}}",
        "{\"network\":{\"deniedDomains\":[\"a b\"]}}",
        "{\"filesystem\":{\"denyRead\":[\"**/*.{pem,key}\"]}}",
        "{\"filesystem\":{\"newRule\":[]}}",
        "{\"unheardOf\":true}"
      })
  void settingsThatNoPolicyHoldsMakeTheImportWeaker(String text) {
    assertThat(read(ImportFormat.SRT, text).mayBeWeaker()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{\"filesystem\":{\"allowWrite\":\".\"}}",
        "{\"filesystem\":{\"allowWrite\":[1]}}",
        "{\"a\":1,\"a\":2}",
        "{"
      })
  void malformedSettingsAreErrors(String text) {
    assertThatThrownBy(() -> read(ImportFormat.SRT, text))
        .isInstanceOf(InvalidPolicyException.class);
  }

  @Test
  void claudeCodesRulesAboutFilesAndHostsCount() {
    ImportedPolicy imported =
        read(
            ImportFormat.CLAUDE,
            """
            { "model": "x",
              "permissions": {
                "allow": ["Edit(//srv/out/**)", "WebFetch(domain:example.org)", "Bash(git:*)"],
                "deny": ["Read(./.env)", "Edit(/locked)", "Read(~/.aws/**)"] },
              "sandbox": { "enabled": true, "excludedCommands": ["docker"],
                "filesystem": { "allowWrite": ["~/cache", "//var/x"] } } }
            """);
    assertThat(access(imported, "/ws/a")).isEqualTo("rw");
    assertThat(access(imported, "/srv/out/a")).isEqualTo("rw");
    assertThat(access(imported, "/var/x/a")).isEqualTo("rw");
    assertThat(access(imported, "/home/me/cache/a")).isEqualTo("rw");
    assertThat(access(imported, "/ws/locked")).isEqualTo("r-");
    assertThat(access(imported, "/ws/.env")).isEqualTo("--");
    assertThat(access(imported, "/home/me/.aws/credentials")).isEqualTo("--");
    assertThat(imported.policy().network().allow()).hasSize(1);
    assertThat(imported.mayBeWeaker()).isFalse();
    assertThat(imported.unsaid().stream().map(Unsaid::text))
        .anyMatch(text -> text.startsWith("sandbox.excludedCommands: "))
        .anyMatch(text -> text.contains("'Bash(git:*)'"));
  }

  @Test
  void unknownPermissionOfClaudeCodeIsNamedAndMayBeWeaker() {
    ImportedPolicy imported =
        read(
            ImportFormat.CLAUDE,
            """
            {"sandbox":{}, "env":{"A":"b"},
             "permissions":{"defaultMode":"acceptEdits","unknownThing":true}}
            """);

    assertThat(imported.unsaid().stream().map(Unsaid::text))
        .anyMatch(text -> text.startsWith("permissions.defaultMode: "))
        .anyMatch(text -> text.startsWith("env: "))
        .contains("permissions.unknownThing: Ringfence does not know this setting (not held here)");
    assertThat(imported.mayBeWeaker()).isTrue();
  }

  @Test
  void pathOfClaudeCodeWithOneSlashIsAmbiguous() {
    assertThat(
            read(ImportFormat.CLAUDE, "{\"sandbox\":{\"filesystem\":{\"denyRead\":[\"/x\"]}}}")
                .mayBeWeaker())
        .isTrue();
  }

  @Test
  void codexModeWorkspaceWriteIsTheWorkspaceAndItsRoots() {
    ImportedPolicy imported =
        read(
            ImportFormat.CODEX,
            """
            sandbox_mode = "workspace-write"
            [sandbox_workspace_write]
            writable_roots = ["/srv/cache"]
            network_access = true
            [shell_environment_policy]
            inherit = "none"
            set = { LANG = "C" }
            """);
    assertThat(access(imported, "/ws/a")).isEqualTo("rw");
    assertThat(access(imported, "/srv/cache/a")).isEqualTo("rw");
    assertThat(access(imported, "/etc/a")).isEqualTo("r-");
    assertThat(imported.policy().network().mode()).isEqualTo(NetworkMode.FULL);
    assertThat(imported.policy().environment().inherit()).isEqualTo(Inherit.NONE);
    assertThat(imported.mayBeWeaker()).isFalse();
  }

  @Test
  void codexModeWinsOverTheUsualProfileAndTheOtherIsNamed() {
    String both =
        """
        sandbox_mode = "read-only"
        default_permissions = ":danger-full-access"
        """;
    ImportedPolicy imported = read(ImportFormat.CODEX, both);

    assertThat(access(imported, "/ws/a")).isEqualTo("r-");
    assertThat(imported.policy().network().mode()).isEqualTo(NetworkMode.NONE);
    assertThat(imported.unsaid().stream().map(Unsaid::text))
        .anyMatch(text -> text.startsWith("default_permissions: it is not used"));
  }

  @Test
  void codexProfileThatReadsEverythingNeedsNoFilesToStart() {
    ImportedPolicy imported =
        read(
            ImportFormat.CODEX,
            """
            default_permissions = "all"
            [permissions.all.filesystem]
            ":root" = "read"
            """);

    assertThat(access(imported, "/etc/a")).isEqualTo("r-");
    assertThat(imported.mayBeWeaker()).isFalse();
  }

  @Test
  void deniedPartOfAWritableDirectoryIsDeniedAlsoWhereItIsNotThereYet() {
    ImportedPolicy srt =
        read(
            ImportFormat.SRT,
            """
            {"filesystem":{"allowWrite":["."],"denyWrite":[".env","nodir/secret","~/x"]}}
            """);

    assertThat(srt.policy().protectedPaths())
        .containsExactlyInAnyOrder(":workspace/.env", ":workspace/nodir/secret");
    assertThat(access(srt, "/ws/.env")).isEqualTo("r-");
    assertThat(access(srt, "/ws/a")).isEqualTo("rw");
    assertThat(read(ImportFormat.CODEX, PROFILES).policy().protectedPaths())
        .contains("/ws/gen", ":workspace/docs");
  }

  private static final String PROFILES =
      """
      default_permissions = "strict"
      [permissions.base]
      extends = ":workspace"
      [permissions.base.network.domains]
      "**.example.org" = "allow"
      "bad.example.org" = "deny"
      [permissions.strict]
      extends = "base"
      [permissions.strict.filesystem]
      "/ws/gen" = "read"
      "~/.ssh" = "none"
      "**/*.key" = "deny"
      [permissions.strict.filesystem.":workspace_roots"]
      "docs" = "read"
      [permissions.loop]
      extends = "loop"
      """;

  @Test
  void codexProfileExtendsItsParents() {
    ImportedPolicy imported = read(ImportFormat.CODEX, PROFILES);
    assertThat(access(imported, "/ws/a")).isEqualTo("rw");
    assertThat(access(imported, "/ws/gen/a")).isEqualTo("r-");
    assertThat(access(imported, "/ws/docs/a")).isEqualTo("r-");
    assertThat(access(imported, "/home/me/.ssh/id")).isEqualTo("--");
    assertThat(access(imported, "/ws/a.key")).isEqualTo("--");
    assertThat(imported.policy().network().mode()).isEqualTo(NetworkMode.ALLOWLIST);
    assertThat(imported.policy().network().allow()).hasSize(2);
    assertThat(imported.mayBeWeaker()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"loop", "absent"})
  void codexProfileWithoutAnEndOrAnEntryIsAnError(String profile) {
    assertThatThrownBy(() -> ImportFormat.CODEX.read(PROFILES, Optional.of(profile), PLACES))
        .isInstanceOf(InvalidPolicyException.class);
  }

  @Test
  void mountsOfBwrapAreRules() {
    ImportedPolicy imported =
        ImportFormat.ofWords(
            List.of(
                "bwrap",
                "--bind",
                "/old",
                "/old",
                "--ro-bind",
                "/",
                "/",
                "--dev",
                "/dev",
                "--proc",
                "/proc",
                "--tmpfs",
                "/tmp",
                "--bind",
                "/ws",
                "/ws",
                "--ro-bind",
                "/ws/gen",
                "/ws/gen",
                "--tmpfs",
                "/home/me/.ssh",
                "--unshare-all",
                "--die-with-parent",
                "--clearenv",
                "--setenv",
                "LANG",
                "C",
                "--chdir",
                "/ws",
                "--",
                "make"),
            PLACES);
    assertThat(access(imported, "/ws/a")).isEqualTo("rw");
    assertThat(access(imported, "/ws/gen/a")).isEqualTo("r-");
    assertThat(access(imported, "/old/a")).isEqualTo("r-");
    assertThat(access(imported, "/home/me/.ssh/id")).isEqualTo("--");
    assertThat(imported.policy().network().mode()).isEqualTo(NetworkMode.NONE);
    assertThat(imported.policy().environment().inherit()).isEqualTo(Inherit.NONE);
    assertThat(imported.mayBeWeaker()).isFalse();
  }

  @Test
  void bwrapWithoutItsOwnNetworkHasTheFullOne() {
    ImportedPolicy imported = read(ImportFormat.BWRAP, "--ro-bind / / --unshare-all --share-net");
    assertThat(imported.policy().network().mode()).isEqualTo(NetworkMode.FULL);
    assertThat(imported.policy().fileDefault()).isEqualTo(FileDefault.READ);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ro-bind / / --ro-bind /a /b",
        "--ro-bind / / --seccomp 10",
        "--ro-bind /usr /usr"
      })
  void mountsThatNoPolicyHoldsMakeTheImportWeaker(String line) {
    assertThat(read(ImportFormat.BWRAP, line).mayBeWeaker()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--args 3", "--bind /a", "--made-up", "--bind '/a b' '/a b'"})
  void unreadableLinesOfBwrapAreErrors(String line) {
    assertThatThrownBy(() -> read(ImportFormat.BWRAP, line))
        .isInstanceOf(InvalidPolicyException.class);
  }
}
