package org.ringfence.policy.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.Operation;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.InvalidPolicyException;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows has no password database")
class HomeDirectoryTest {
  @TempDir private Path base;
  private Path own;
  private Path entry;

  @BeforeEach
  void makeHomes() throws Exception {
    base = base.toRealPath();
    own = Files.createDirectory(base.resolve("own"));
    entry = Files.createDirectory(base.resolve("entry"));
  }

  /** Returns a directory that belongs to another user. */
  private Path foreign() throws Exception {
    int caller = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (caller != 0) {
      return Path.of("/usr");
    }
    Path foreign = Files.createDirectory(base.resolve("foreign"));
    Files.setAttribute(foreign, "unix:uid", 1);
    return foreign;
  }

  @Test
  void homeVariableWinsIfItNamesAnOwnDirectory() {
    HomeDirectory home = HomeDirectory.of(own.toString(), entry.toString());
    assertThat(home.path()).contains(own.toString());
    assertThat(home.others()).containsExactly(entry.toString());
    assertThat(HomeDirectory.of(own.toString(), own + "/.").others()).isEmpty();
  }

  @Test
  void unusableHomeVariableFallsBackToThePasswordEntry() throws Exception {
    for (String variable : new String[] {null, "", "relative", "?", own + "/missing"}) {
      HomeDirectory home = HomeDirectory.of(variable, entry.toString());
      assertThat(home.path()).as(variable).contains(entry.toString());
      assertThat(home.others()).as(variable).isEmpty();
    }
    String foreign = foreign().toString();
    HomeDirectory home = HomeDirectory.of(foreign, entry.toString());
    assertThat(home.path()).contains(entry.toString());
    assertThat(home.others()).containsExactly(foreign);
  }

  @Test
  void homeIsAbsentWithoutUsableVariableAndEntry() throws Exception {
    assertThat(HomeDirectory.of(null, "?").path()).isEmpty();
    HomeDirectory home = HomeDirectory.of(foreign().toString(), "");
    assertThat(home.path()).isEmpty();

    PathContext places = placesWithHome(home);
    assertThatThrownBy(() -> EffectivePolicy.of(policy(), places))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("HOME set to a directory of yours");
    assertThat(EffectivePolicy.of(SandboxPolicy.builder().build(), places).places().home())
        .isEmpty();
  }

  @Test
  void denialAppliesToBothHomes() {
    EffectivePolicy placed =
        EffectivePolicy.of(
            policy(), placesWithHome(HomeDirectory.of(own.toString(), entry.toString())));
    for (Path home : List.of(own, entry)) {
      assertThat(placed.check(home + "/.ssh/id", Operation.READ).allowed()).isFalse();
      assertThat(placed.check(home + "/file", Operation.READ).allowed()).isTrue();
    }
    assertThat(placed.check(own + "/cache/x", Operation.WRITE).allowed()).isTrue();
    assertThat(placed.check(entry + "/cache/x", Operation.WRITE).allowed()).isFalse();
  }

  private static SandboxPolicy policy() {
    return SandboxPolicy.builder()
        .rule(":home/.ssh", Access.NONE, MissingPath.SKIP)
        .rule(":home/cache", Access.WRITE, MissingPath.REJECT)
        .build();
  }

  private PathContext placesWithHome(HomeDirectory home) {
    home.path().ifPresent(path -> new java.io.File(path, "cache").mkdir());
    PathContext here = PathContext.current(base);
    return new PathContext(
        here.style(),
        here.workspace(),
        home,
        here.systemTmp(),
        Optional.empty(),
        here.javaHome(),
        here.minimal(),
        here.devices(),
        here.sharedMemory(),
        Optional.empty(),
        here.lookup());
  }
}
