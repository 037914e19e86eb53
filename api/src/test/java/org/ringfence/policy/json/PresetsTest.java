package org.ringfence.policy.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileRule;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;

/** Tests what the presets of tools grant. */
class PresetsTest {
  static List<String> privateCaches() {
    return Presets.privateCaches();
  }

  /** Files of a workspace choose these presets. */
  @ParameterizedTest
  @MethodSource("privateCaches")
  void presetWithPrivateCachesSetsVariablesAndGrantsNothing(String name) {
    SandboxPolicy preset = Presets.load(name);
    PolicyBuilder variables = SandboxPolicy.builder();
    preset.environment().set().forEach(variables::variable);
    assertThat(preset).isEqualTo(variables.build());
    assertThat(String.join(" ", preset.environment().set().values()))
        .containsAnyOf("${tmp}/", "${env.TMPDIR}/");
    assertThat(Presets.isAddition(name)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "maven, .m2, none",
    "gradle, .gradle, GRADLE_USER_HOME",
    "npm, .npm, none",
    "pnpm, .local/share/pnpm/store, PNPM_HOME",
    "yarn, .cache/yarn, YARN_CACHE_FOLDER",
    "yarn, .yarn/berry, YARN_GLOBAL_FOLDER",
    "python, .cache/pip, PIP_CACHE_DIR",
    "python, .cache/uv, UV_CACHE_DIR",
    "cargo, .cargo/registry, CARGO_HOME",
    "cargo, .cargo/git, RUSTUP_HOME",
    "go, go/pkg, GOPATH",
    "go, .cache/go-build, GOCACHE",
  })
  void presetOfAToolWritesItsCachesAndPassesItsVariables(
      String name, String cache, String variable) {
    SandboxPolicy preset = Presets.load(name);
    assertThat(preset.rules())
        .anyMatch(rule -> rule.path().equals(":home/" + cache) && rule.access() == Access.WRITE);
    if (!variable.equals("none")) {
      assertThat(preset.environment().include()).contains(variable);
    }
    assertThat(preset.network().mode()).isEqualTo(NetworkMode.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "pnpm, .local/share/pnpm/global",
    "yarn, .yarn/bin",
    "python, .local/bin/tool",
    "cargo, .cargo/bin/cargo",
    "cargo, .cargo/config.toml",
    "cargo, .cargo/credentials.toml",
    "go, go/bin/tool",
    "go, .config/go/env",
  })
  void presetOfAToolDoesNotWriteProgramsAndConfiguration(String name, String place) {
    assertThat(Presets.load(name).rules())
        .extracting(FileRule::path)
        .noneMatch(path -> (":home/" + place + "/").startsWith(path + "/"));
  }
}
