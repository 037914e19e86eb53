package org.ringfence.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileRule;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathLookup;

class ToolCachesTest {
  private static final String HOME = ":home/";

  /** A machine with some paths. */
  private record Machine(Set<String> existing) implements PathLookup {
    @Override
    public String real(String path) {
      return path;
    }

    @Override
    public Map<String, String> linksOn(String path) {
      return Collections.emptyMap();
    }

    @Override
    public boolean exists(String path) {
      return existing.contains(path);
    }
  }

  private static Optional<Remedy> remedy(String path, String... existing) {
    return new ToolCaches(new Machine(Set.of(existing)), "/home/me").remedy(path);
  }

  @Test
  void tableHasTheDirectoriesOfThePresets() {
    Map<String, String> granted = new HashMap<>();
    Set<String> readOnly = new TreeSet<>();
    for (String preset : new TreeSet<>(ToolCaches.PRESETS.values())) {
      for (FileRule rule : Presets.load(preset).rules()) {
        if (!rule.path().startsWith(HOME)) {
          continue;
        }
        String name = rule.path().substring(HOME.length());
        if (rule.access() == Access.WRITE) {
          granted.put(name, preset);
        } else if (granted.keySet().stream().anyMatch(above -> name.startsWith(above + "/"))) {
          readOnly.add(name);
        }
      }
    }
    assertThat(ToolCaches.PRESETS).isEqualTo(granted);
    assertThat(ToolCaches.READ_ONLY).containsExactlyInAnyOrderElementsOf(readOnly);
  }

  @Test
  void presetsWithAPrivateCacheExist() {
    assertThat(Presets.privateCaches()).containsAll(ToolCaches.IN_SANDBOX.values());
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the paths are POSIX paths")
  void presetIsTheRemedyForTheCacheOfItsTool() {
    assertThat(remedy("/home/me/.npm/_cacache/tmp/x", "/home/me/.npm"))
        .contains(new Remedy.AddPreset("npm"));
    assertThat(remedy("/home/me/.cache/go-build/00")).contains(new Remedy.AddPreset("go-own"));
    assertThat(remedy("/home/me/.npm/_cacache")).contains(new Remedy.AddPreset("npm-own"));
    assertThat(remedy("/home/me/.cargo/registry/x", "/home/me/.cargo/registry"))
        .contains(new Remedy.AddPreset("cargo"));
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the paths are POSIX paths")
  void directoryToMakeIsNamedWhereThereIsNoPrivateCache() {
    for (String path : List.of("/home/me/.cargo", "/home/me/.cargo/registry")) {
      assertThat(remedy(path).map(each -> ((Remedy.None) each).why()))
          .hasValueSatisfying(
              why -> assertThat(why).startsWith("make /home/me/.cargo/").contains("-p cargo"));
    }
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the paths are POSIX paths")
  void placesOfNoToolOrOfSeveralHaveNoPreset() {
    for (String path :
        List.of(
            "/home/me",
            "/home/me/.cache",
            "/home/me/.npmrc",
            "/home/me/.m2/settings.xml",
            "/home/me/.cargo/bin/x",
            "/home/other/.npm/x",
            "/home/men/.npm")) {
      assertThat(remedy(path)).as(path).isEmpty();
    }
    assertThat(remedy("/home/me/.cargo", "/home/me/.cargo")).isEmpty();
  }
}
