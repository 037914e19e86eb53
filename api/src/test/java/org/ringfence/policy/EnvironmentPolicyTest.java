package org.ringfence.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentPolicyTest {
  private static final Map<String, String> OUTER =
      Map.of("PATH", "/bin", "HOME", "/root", "GITHUB_TOKEN", "s", "LC_ALL", "C", "FOO", "f");

  @Test
  void coreInheritsOnlyEssentialVariables() {
    assertThat(EnvironmentPolicy.CORE.apply(OUTER)).containsOnlyKeys("PATH", "HOME", "LC_ALL");
  }

  @Test
  void inheritAllOmitsSecrets() {
    EnvironmentPolicy all =
        new EnvironmentPolicy(
            EnvironmentPolicy.Inherit.ALL, List.of(), List.of("HO*"), Map.of("X", "y"));
    assertThat(all.apply(OUTER)).containsOnlyKeys("PATH", "LC_ALL", "FOO", "X");
  }

  @Test
  void explicitlyIncludedSecretsAreInherited() {
    EnvironmentPolicy named =
        new EnvironmentPolicy(
            EnvironmentPolicy.Inherit.NONE, List.of("GITHUB_*"), List.of(), Map.of());
    assertThat(named.apply(OUTER)).containsOnlyKeys("GITHUB_TOKEN");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GITHUB_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "DB_PASSWORD",
        "api_key",
        "MY_SECRET",
        "NPM_AUTH",
        "SSH_AUTH_SOCK",
        "PGPASSWORD",
        "OPENAI_API_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS"
      })
  void secretNamesAreRecognised(String name) {
    assertThat(EnvironmentPolicy.looksSecret(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PATH", "PWD", "OLDPWD", "HOME", "LANG", "KEYBOARD", "MONKEY"})
  void harmlessNamesAreNotSecrets(String name) {
    assertThat(EnvironmentPolicy.looksSecret(name)).isFalse();
  }

  @org.junit.jupiter.api.Test
  void passwordManagerSessionsAndDatabaseUrlsAreSecrets() {
    assertThat(
            java.util.List.of("OP_SESSION_my", "BW_SESSION", "AWS_PROFILE", "DATABASE_URL").stream()
                .filter(name -> !EnvironmentPolicy.looksSecret(name)))
        .isEmpty();
    assertThat(
            java.util.List.of("PATH", "PWD", "HOME", "LANG", "GIT_AUTHOR_NAME", "OPTIONS").stream()
                .filter(EnvironmentPolicy::looksSecret))
        .isEmpty();
  }
}
