package org.ringfence.cli.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests how Ringfence finds the policy of a project and when it trusts the policy. */
class ProjectPolicyTest {
  @TempDir private Path directory;
  private Path file;
  private TrustedPolicies trusted;

  @BeforeEach
  void createProject() throws Exception {
    file = directory.resolve("project/.ringfence/policy.json");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "{\"extends\": [\"read-only\"]}");
    trusted = new TrustedPolicies(new StateDirectory(directory.resolve("state")));
  }

  private ProjectPolicy policy() throws Exception {
    return ProjectPolicy.above(directory.resolve("project")).orElseThrow();
  }

  @Test
  void nearestPolicyAboveTheWorkspaceIsFound() throws Exception {
    Path deep = Files.createDirectories(directory.resolve("project/a/b"));
    assertThat(ProjectPolicy.above(deep).orElseThrow().file()).isEqualTo(file.toRealPath());
    Files.createDirectories(deep.resolve(".ringfence"));
    Files.writeString(deep.resolve(".ringfence/policy.json"), "{}");
    assertThat(ProjectPolicy.above(deep).orElseThrow().text()).isEqualTo("{}");
  }

  @Test
  void policyInWorldWritableParentIsIgnored() throws Exception {
    Path deep = Files.createDirectories(directory.resolve("project/a"));
    Files.setPosixFilePermissions(
        directory.resolve("project"), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(ProjectPolicy.above(deep)).isEmpty();
  }

  @Test
  void trustIsOfTheAgreedTextAndNotOfTheFile() throws Exception {
    trusted.trust(ProjectPolicy.of(file.toRealPath(), "{}"));
    assertThat(trusted.holds(policy())).isFalse();
    Files.writeString(file, "{}");
    assertThat(trusted.holds(policy())).isTrue();
  }

  @Test
  void policyIsTrustedUntilItChanges() throws Exception {
    assertThatThrownBy(() -> trusted.demand(policy()))
        .isInstanceOf(UntrustedPolicyException.class)
        .hasMessageContaining("not trusted yet")
        .hasMessageContaining("ringfence policy trust " + file.toRealPath())
        .hasMessageContaining("--no-project-policy");
    trusted.trust(policy());
    trusted.demand(policy());
    Files.writeString(file, "{\"extends\": [\"danger-full-access\"]}");
    assertThatThrownBy(() -> trusted.demand(policy()))
        .isInstanceOf(UntrustedPolicyException.class)
        .hasMessageContaining("has changed");
    trusted.trust(policy());
    assertThat(trusted.untrust(policy().file())).isTrue();
    assertThat(trusted.untrust(policy().file())).isFalse();
    assertThatThrownBy(() -> trusted.demand(policy())).isInstanceOf(UntrustedPolicyException.class);
  }

  @Test
  void trustRecordInWorldWritableDirectoryIsRejected() throws Exception {
    trusted.trust(policy());
    Files.setPosixFilePermissions(
        directory.resolve("state"), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> trusted.demand(policy())).hasMessageContaining("other users");
  }

  @Test
  void directoryInPlaceOfPolicyFileIsRejected() throws Exception {
    Files.delete(file);
    Files.createDirectory(file);
    assertThatThrownBy(this::policy).hasMessageContaining("it is not a regular file");
  }
}
