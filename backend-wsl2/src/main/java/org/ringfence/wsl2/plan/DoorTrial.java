package org.ringfence.wsl2.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.ringfence.SandboxException;
import org.ringfence.policy.Access;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathStyle;

/**
 * Tries the doors to Windows from a shell: once without a sandbox, as the control, and once in it.
 * Pure: the guests run the script.
 *
 * @param probes the paths that no command may reach
 */
public record DoorTrial(List<String> probes) {
  // The script guest takes an answer of two kilobytes.
  private static final int MOST_PROBES = 24;
  private static final int MOST_CHARACTERS = 1400;
  private static final int ENTRIES_OF_A_DOOR = 2;
  private static final String SOCKETS = "AF_VSOCK";
  private static final String OPEN = "open ";
  private static final String SHUT = "shut ";
  private static final String END = "end of doors";

  /**
   * The script; its arguments are the probes. A hidden file is empty, and no process enters a
   * hidden directory. AF_VSOCK is 40 and SOCK_STREAM 1 (linux/socket.h).
   */
  public static final String SCRIPT =
      "for p do\n"
          + "if [ -S \"$p\" ] || { [ -f \"$p\" ] && [ -s \"$p\" ]; } || (cd \"$p\") 2>/dev/null\n"
          + "then printf 'open %s\\n' \"$p\"; fi\n"
          + "done\n"
          + "if command -v perl >/dev/null; then\n"
          + "perl -e 'print socket(S, 40, 1, 0) ? \"open AF_VSOCK\\n\" : \"shut AF_VSOCK\\n\"'\n"
          + "elif command -v python3 >/dev/null; then\n"
          + "python3 -c 'import socket; socket.socket(40, 1, 0)' 2>/dev/null"
          + " && echo open AF_VSOCK || echo shut AF_VSOCK\n"
          + "fi\n"
          + "echo "
          + END
          + "\n";

  /** Copies the list. */
  public DoorTrial {
    probes = List.copyOf(probes);
  }

  /**
   * Chooses the probes: each door, and some entries of those that are directories, unless the
   * policy opens them or a path below.
   *
   * @param policy the policy in the distribution
   * @param doors the doors
   * @param entries returns some names in a directory there; none for anything else
   * @return the trial
   */
  public static DoorTrial of(
      EffectivePolicy policy, List<String> doors, Function<String, List<String>> entries) {
    List<String> chosen = new ArrayList<>();
    int length = 0;
    for (String door : doors) {
      List<String> paths =
          Stream.concat(
                  entries.apply(door).stream()
                      .map(name -> door + "/" + name)
                      .filter(path -> isShut(policy, path))
                      .limit(ENTRIES_OF_A_DOOR),
                  Stream.of(door).filter(path -> isShut(policy, path)))
              .filter(path -> path.indexOf('\n') < 0)
              .toList();
      for (String path : paths) {
        length += path.length();
        if (chosen.size() < MOST_PROBES && length < MOST_CHARACTERS) {
          chosen.add(path);
        }
      }
    }
    return new DoorTrial(chosen);
  }

  private static boolean isShut(EffectivePolicy policy, String path) {
    return !policy.evaluate(path, Operation.READ).allowed()
        && policy.rules().stream()
            .noneMatch(
                rule ->
                    rule.access() != Access.NONE && PathStyle.POSIX.isAtOrBelow(rule.path(), path));
  }

  /**
   * Returns the doors that lead out of a sandbox.
   *
   * @param outside the output of the script without a sandbox
   * @param inside its output in the sandbox
   * @return those open in both; a sentence if the trial itself failed
   */
  public List<String> open(String outside, String inside) {
    if (!ended(outside)) {
      return List.of("they cannot be tried, since a shell fails without a sandbox, too");
    }
    if (!ended(inside)) {
      return List.of("they cannot be tried, since no shell runs in the sandbox: " + inside.strip());
    }
    List<String> without = outside.lines().toList();
    List<String> within = inside.lines().toList();
    List<String> open = new ArrayList<>();
    for (String probe : probes) {
      if (without.contains(OPEN + probe) && within.contains(OPEN + probe)) {
        open.add(probe);
      }
    }
    if (without.contains(OPEN + SOCKETS) && !within.contains(SHUT + SOCKETS)) {
      open.add("sockets of the virtual machine's host (" + SOCKETS + ")");
    }
    return open;
  }

  /**
   * Refuses a sandbox out of which a door leads.
   *
   * @param open the doors
   * @throws SandboxException if there is one
   */
  public static void demandShut(List<String> open) throws SandboxException {
    if (!open.isEmpty()) {
      throw new SandboxException(
          "wsl.doors: open from inside the sandbox: "
              + String.join(", ", open)
              + "; report it, or accept it with --best-effort wsl.doors");
    }
  }

  private static boolean ended(String told) {
    return told.lines().anyMatch(END::equals);
  }
}
