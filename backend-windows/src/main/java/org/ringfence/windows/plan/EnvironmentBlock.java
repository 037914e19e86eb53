package org.ringfence.windows.plan;

import java.util.Map;
import java.util.TreeMap;

/** The environment of a Windows process: one string of all variables. */
public final class EnvironmentBlock {
  /** The most characters of a variable, with its name. */
  public static final int LONGEST = 32_767;

  /** With it, cmd.exe does not look for programs in the current directory. */
  private static final String NO_CURRENT_DIRECTORY = "NoDefaultCurrentDirectoryInExePath";

  private EnvironmentBlock() {}

  /**
   * Writes an environment: sorted ignoring case, each variable followed by NUL, and one more at the
   * end.
   *
   * @param variables the variables; of two that differ in case alone, the later counts
   * @param systemRoot the Windows directory; few programs start without it
   * @return the block
   * @throws IllegalArgumentException if a name or a value cannot be written
   */
  public static String of(Map<String, String> variables, String systemRoot) {
    Map<String, String> sorted = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    sorted.put("SystemRoot", systemRoot);
    sorted.put("windir", systemRoot);
    sorted.putAll(variables);
    sorted.put(NO_CURRENT_DIRECTORY, "1");
    StringBuilder block = new StringBuilder();
    sorted.forEach(
        (name, value) -> {
          if (name.startsWith("=")) {
            // A current directory of a drive: it belongs to the caller's session and has no use
            // inside.
            return;
          }
          if (name.isEmpty() || name.indexOf('=') >= 0 || (name + value).indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                "environment: '"
                    + name.replace('\0', '?')
                    + "' is not valid; use a name without = and a value without NUL");
          }
          if (name.length() + value.length() + 2 > LONGEST) {
            throw new IllegalArgumentException(
                "environment: '" + name + "' is too long; use at most " + LONGEST + " characters");
          }
          block.append(name).append('=').append(value).append('\0');
        });
    return block.append('\0').toString();
  }
}
