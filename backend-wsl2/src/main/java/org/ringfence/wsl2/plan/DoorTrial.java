package org.ringfence.wsl2.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.ringfence.SandboxException;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

/**
 * Tries the doors to Windows from a shell: once without a sandbox, as the control, and once in it.
 * Pure: the guests run the script, for each of the {@link #parts}.
 *
 * @param probes the paths that no command may reach
 */
public record DoorTrial(List<String> probes) {
  // The script guest takes an answer of two kilobytes.
  private static final int MOST_PROBES_OF_A_PART = 128;
  private static final int ENTRIES_OF_A_DOOR = 2;
  private static final String SHELL = "/bin/sh";
  private static final List<String> PROGRAMS =
      List.of("/usr/bin/perl", "/bin/perl", "/usr/bin/python3", "/bin/python3");
  private static final String SOCKETS = "AF_VSOCK";
  private static final String OPEN = "open ";
  private static final String SHUT = "shut ";
  private static final String END = "end of doors";

  /**
   * The script; its arguments are the probes, which it names by their numbers. A hidden file is
   * empty, and no process enters a hidden directory. AF_VSOCK is 40 and SOCK_STREAM 1
   * (linux/socket.h). It takes its programs and their modules from the system's directories: others
   * may be anybody's. Old versions of perl take modules from the current directory, too.
   */
  public static final String SCRIPT =
      "PATH=/usr/bin:/bin\n"
          + "cd / 2>/dev/null\n"
          + "unset PERL5OPT PERL5LIB PERLLIB PERL5DB PERLIO BASH_ENV ENV\n"
          + "n=0\n"
          + "for p do\n"
          + "if [ -S \"$p\" ] || { [ -f \"$p\" ] && [ -s \"$p\" ]; } || (cd \"$p\") 2>/dev/null\n"
          + "then echo \"open $n\"; fi\n"
          + "n=$((n + 1))\n"
          + "done\n"
          + "perl -e 'print socket(S, 40, 1, 0) ? \"open\" : \"shut\", \" AF_VSOCK\\n\"' 2>/dev/null"
          + " || python3 -I -S -c 'import socket\n"
          + "try: socket.socket(40, 1, 0); print(\"open AF_VSOCK\")\n"
          + "except OSError: print(\"shut AF_VSOCK\")' 2>/dev/null\n"
          + "echo "
          + END
          + "\n";

  /** Copies the list. */
  public DoorTrial {
    probes = List.copyOf(probes);
  }

  /**
   * Returns the probes: each door, and some entries of those that are directories, unless the
   * policy opens them or a path below.
   *
   * @param policy the policy in the distribution
   * @param doors the doors
   * @param entries returns some names in a directory there; none for anything else
   * @return the trial
   */
  public static DoorTrial of(
      EffectivePolicy policy, List<String> doors, Function<String, List<String>> entries) {
    List<String> probes = new ArrayList<>();
    for (String door : doors) {
      entries.apply(door).stream()
          .map(name -> door + "/" + name)
          .filter(path -> DoorMounts.isShut(policy, path))
          .limit(ENTRIES_OF_A_DOOR)
          .forEach(probes::add);
      if (DoorMounts.isShut(policy, door)) {
        probes.add(door);
      }
    }
    return new DoorTrial(probes);
  }

  /**
   * Returns why the doors cannot be tried from inside a sandbox, as far as a policy decides that.
   *
   * @param policy the policy in the distribution, placed there
   * @return the problem; empty if it lets a command read the programs of the trial
   */
  public static Optional<String> problem(EffectivePolicy policy) {
    PathContext places = policy.places();
    if (!policy.check(SHELL, Operation.READ).allowed()) {
      return Optional.of(
          "the policy hides " + SHELL + ", with which Ringfence tries the doors from inside");
    }
    List<String> there = PROGRAMS.stream().filter(places::exists).toList();
    boolean readable =
        there.stream().anyMatch(path -> policy.check(path, Operation.READ).allowed());
    // Where the distribution has none, its facts say so.
    return readable || there.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the policy hides "
                + there.get(0)
                + ", with which Ringfence tries sockets of the virtual machine's host from inside");
  }

  /**
   * Splits the trial: one run of the script takes one part.
   *
   * @return at least one part; they have all probes
   */
  public List<DoorTrial> parts() {
    List<DoorTrial> parts = new ArrayList<>();
    int start = 0;
    do {
      int end = Math.min(probes.size(), start + MOST_PROBES_OF_A_PART);
      parts.add(new DoorTrial(probes.subList(start, end)));
      start = end;
    } while (start < probes.size());
    return parts;
  }

  /**
   * Refuses a sandbox out of which a door leads, and one from inside which they cannot be tried.
   *
   * @param outside the output of the script without a sandbox
   * @param inside its output in the sandbox
   * @throws SandboxException if a door leads out, or the trial itself failed
   */
  public void demandShut(String outside, String inside) throws SandboxException {
    if (!ended(outside)) {
      throw untried("the shell fails without a sandbox, too: " + outside.strip());
    }
    if (!ended(inside)) {
      throw untried("the shell fails in the sandbox: " + inside.strip());
    }
    List<String> without = outside.lines().toList();
    List<String> within = inside.lines().toList();
    List<String> open = new ArrayList<>();
    for (int i = 0; i < probes.size(); i++) {
      if (without.contains(OPEN + i) && within.contains(OPEN + i)) {
        open.add(probes.get(i));
      }
    }
    if (without.contains(OPEN + SOCKETS) && within.contains(OPEN + SOCKETS)) {
      open.add("sockets of the virtual machine's host (" + SOCKETS + ")");
    }
    if (!open.isEmpty()) {
      throw new SandboxException(
          "wsl.doors: open from inside the sandbox: "
              + String.join(", ", open)
              + "; report it, or accept it with --best-effort wsl.doors");
    }
    if (without.contains(OPEN + SOCKETS) && !within.contains(SHUT + SOCKETS)) {
      throw untried("neither perl nor python3 makes a socket in the sandbox");
    }
  }

  /**
   * Returns the refusal of a sandbox whose doors cannot be tried.
   *
   * @param reason the reason
   * @return the exception
   */
  public static SandboxException untried(String reason) {
    return new SandboxException(
        "wsl.doors: the doors cannot be tried from inside: "
            + reason
            + "; accept that with --best-effort wsl.doors");
  }

  private static boolean ended(String told) {
    return told.lines().anyMatch(END::equals);
  }
}
