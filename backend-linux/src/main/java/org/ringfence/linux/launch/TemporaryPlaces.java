package org.ringfence.linux.launch;

import java.util.Map;
import java.util.TreeMap;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.Launch;

/**
 * Names the sandbox's temporary directory to programs that do not ask {@code TMPDIR}, where they
 * cannot write {@code /tmp}: zsh (here-documents, zshparam(1)), tmux (its socket, tmux(1)), and
 * those that keep sockets and locks in the run-time directory (XDG Base Directory Specification)
 * and take {@code /tmp} where there is none: pnpm from 12 on.
 */
final class TemporaryPlaces {
  private static final String TMPDIR = "TMPDIR";
  private static final String ZSH = "TMPPREFIX";
  private static final String TMUX = "TMUX_TMPDIR";
  private static final String RUNTIME = "XDG_RUNTIME_DIR";

  private TemporaryPlaces() {}

  /**
   * Adds the variables, unless the policy or the caller sets them.
   *
   * @param launch the command
   * @return the command with the variables; the same if its temporary directory is not its own
   */
  static Launch named(Launch launch) {
    CommandEnvironment given = launch.environment();
    String directory = given.resolved().getOrDefault(TMPDIR, "");
    if (!given.ofPolicy().containsKey(TMPDIR) || directory.isEmpty()) {
      return launch;
    }
    Map<String, String> changed = new TreeMap<>(given.ofPolicy());
    changed.putIfAbsent(ZSH, directory + "/zsh");
    changed.putIfAbsent(TMUX, directory);
    // A caller that passes the host's directory on wants the sockets in it.
    if (!given.inherited().containsKey(RUNTIME)) {
      changed.putIfAbsent(RUNTIME, directory);
    }
    return JavaPrograms.with(
        launch,
        launch.command(),
        new CommandEnvironment(given.inherited(), changed, given.ofCaller()));
  }
}
