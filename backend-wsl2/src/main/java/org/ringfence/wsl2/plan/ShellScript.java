package org.ringfence.wsl2.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.ringfence.TerminalSize;
import org.ringfence.policy.Limits;

/**
 * The script that a shell in a distribution reads for one command. Pure: the script keeps each word
 * as it is, whatever its characters.
 */
public final class ShellScript {
  /** The first of the descriptors for bubblewrap's options, its seccomp program and its status. */
  private static final int OPTIONS = 3;

  /** The descriptor of the seccomp program. */
  public static final int FILTER = 4;

  private static final int STATUS = 5;
  private static final long BLOCK = 512;
  private static final long KIBIBYTE = 1024;

  private ShellScript() {}

  /**
   * Quotes a word, so that a POSIX shell takes it as it is.
   *
   * @param word any word without NUL
   * @return the word in quotes
   */
  public static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  /**
   * Returns the script that becomes a program without a sandbox. The program gets no variable that
   * names somebody's modules.
   *
   * @param words the program and its arguments
   * @return the script
   */
  public static String plain(List<String> words) {
    return "exec env -i PATH=/usr/bin:/bin"
        + words.stream().map(word -> " " + quoted(word)).collect(Collectors.joining())
        + "\n";
  }

  /**
   * Returns the script that becomes one command.
   *
   * @param own the command's own directory, in which {@code more} lies
   * @param sandbox the sandbox's directory, in which {@code options} and {@code filter} lie
   * @param bubblewrap the program
   * @param words the program inside and its arguments
   * @param mergeError whether standard error goes to standard output
   * @param limits the limits
   * @return the script
   */
  public static String command(
      String own,
      String sandbox,
      String bubblewrap,
      List<String> words,
      boolean mergeError,
      Limits limits) {
    List<String> lines = new ArrayList<>();
    lines.add("own=" + quoted(own));
    lines.add("sandbox=" + quoted(sandbox));
    lines.add("failed() { printf '%s\\n' \"$1\" >\"$own/failed\"; exit 125; }");
    lines.add("umask=$(umask); umask 077");
    lines.add("cat \"$sandbox/options\" \"$own/more\" >\"$own/options\" || failed 'no options'");
    limits(limits, lines);
    // The process and its start time: another process may later have the number.
    lines.add("read -r line <\"/proc/$$/stat\" && set -- ${line##*) } || exit 125");
    lines.add(
        "printf '%s %s\\n' \"$$\" \"${20}\" >\"$own/root.new\""
            + " && mv \"$own/root.new\" \"$own/root\" || exit 125");
    StringBuilder command = new StringBuilder("exec env -i ").append(quoted(bubblewrap));
    command.append(" --args ").append(OPTIONS).append(" --json-status-fd ").append(STATUS);
    command.append(" --");
    words.forEach(word -> command.append(' ').append(quoted(word)));
    command.append(' ').append(OPTIONS).append("<\"$own/options\" ");
    command.append(FILTER).append("<\"$sandbox/filter\" ");
    command.append(STATUS).append(">\"$own/status\"");
    if (mergeError) {
      command.append(" 2>&1");
    }
    lines.add("umask \"$umask\"");
    lines.add(command.toString());
    return String.join("\n", lines) + "\n";
  }

  /**
   * Returns the words that run a command on a terminal of its sandbox.
   *
   * @param program the program that makes terminals
   * @param words the command
   * @param size the terminal's size
   * @param shell the command's {@code SHELL}
   * @return the words to run with {@code SHELL} set to a shell of POSIX
   */
  public static List<String> onTerminal(
      String program, List<String> words, TerminalSize size, Optional<String> shell) {
    StringBuilder inside = new StringBuilder();
    inside.append("PATH=/usr/bin:/bin stty rows ").append(size.rows());
    inside.append(" cols ").append(size.columns()).append("; ");
    inside.append(shell.map(own -> "SHELL=" + quoted(own)).orElse("unset SHELL")).append("; exec");
    words.forEach(word -> inside.append(' ').append(quoted(word)));
    return List.of(program, "-qfec", inside.toString(), "/dev/null");
  }

  /**
   * Adds limits in the units of {@code ulimit} in POSIX and its shells, never above the given ones.
   */
  private static void limits(Limits limits, List<String> lines) {
    limits.memory().ifPresent(bytes -> lines.add(limit("-v " + bytes / KIBIBYTE, "memory")));
    limits.processes().ifPresent(count -> lines.add(processes(count)));
    limits.cpuTime().ifPresent(time -> lines.add(limit("-t " + seconds(time), "cpuTime")));
    limits.openFiles().ifPresent(count -> lines.add(limit("-n " + count, "openFiles")));
    limits.fileSize().ifPresent(bytes -> lines.add(limit("-f " + bytes / BLOCK, "fileSize")));
  }

  private static String limit(String option, String name) {
    return "ulimit " + option + " || failed 'limits." + name + " cannot be set'";
  }

  /**
   * Adds the user's existing processes to the limit, which counts them; two shells, two letters.
   */
  private static String processes(long count) {
    return "others=0; for one in /proc/[0-9]*; do [ -O \"$one\" ] && others=$((others + 1)); done\n"
        + "ulimit -u $((others + "
        + count
        + ")) 2>/dev/null || "
        + "ulimit -p $((others + "
        + count
        + ")) || failed 'limits.processes cannot be set'";
  }

  private static long seconds(Duration time) {
    return Math.max(1, (time.toMillis() + 999) / 1000);
  }
}
