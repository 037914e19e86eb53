package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.Limits;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.Launch;

/** Tests which variables name the temporary directory to programs that do not ask TMPDIR. */
class TemporaryPlacesTest {
  private static Map<String, String> named(
      Map<String, String> inherited, Map<String, String> ofPolicy, Map<String, String> ofCaller) {
    Launch launch =
        new Launch(
            1,
            List.of("true"),
            Path.of("/"),
            new CommandEnvironment(inherited, ofPolicy, ofCaller),
            Redirect.DISCARD,
            Redirect.DISCARD,
            Redirect.DISCARD,
            false,
            Limits.NONE,
            Optional.empty());
    return TemporaryPlaces.named(launch).environment().resolved();
  }

  @Test
  void privateDirectoryIsNamedToEachProgram() {
    assertThat(named(Map.of(), Map.of("TMPDIR", "/t"), Map.of()))
        .containsEntry("TMPPREFIX", "/t/zsh")
        .containsEntry("TMUX_TMPDIR", "/t")
        .containsEntry("XDG_RUNTIME_DIR", "/t");
  }

  @Test
  void runtimeDirectoryOfTheHostStaysWherePassedOn() {
    Map<String, String> host = Map.of("XDG_RUNTIME_DIR", "/run/user/1");
    Map<String, String> tmp = Map.of("TMPDIR", "/t");
    assertThat(named(host, tmp, Map.of())).containsEntry("XDG_RUNTIME_DIR", "/run/user/1");
    assertThat(named(Map.of(), tmp, host)).containsEntry("XDG_RUNTIME_DIR", "/run/user/1");
  }

  @Test
  void sharedDirectoryAddsNothing() {
    assertThat(named(Map.of(), Map.of(), Map.of("TMPDIR", "/t"))).containsOnlyKeys("TMPDIR");
  }
}
