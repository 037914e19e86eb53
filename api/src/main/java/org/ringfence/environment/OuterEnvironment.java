package org.ringfence.environment;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The environment that the caller gave to this process. The launcher script renames variables that
 * would influence this JVM or its linker; this class restores their names for commands.
 */
public final class OuterEnvironment {
  // The name of a variable that only the launcher script set.
  private static final String UNSET = "RINGFENCE_OUTER_UNSET";
  private static final String PREFIX = "RINGFENCE_OUTER_";
  private static final Set<String> RENAMED =
      Set.of(
          "JDK_JAVA_OPTIONS",
          "JAVA_TOOL_OPTIONS",
          "_JAVA_OPTIONS",
          "LD_PRELOAD",
          "LD_LIBRARY_PATH",
          "LD_AUDIT",
          "LC_ALL");

  private OuterEnvironment() {}

  /**
   * Returns the caller's variables.
   *
   * @return name to value
   */
  public static Map<String, String> current() {
    return of(System.getenv());
  }

  static Map<String, String> of(Map<String, String> own) {
    if (own.keySet().stream().noneMatch(name -> name.startsWith(PREFIX))) {
      return own;
    }
    Map<String, String> outer = new HashMap<>(own);
    String unset = outer.remove(UNSET);
    if (unset != null) {
      outer.remove(unset);
    }
    for (String name : RENAMED) {
      String value = outer.remove(PREFIX + name);
      if (value != null) {
        outer.put(name, value);
      }
    }
    return Map.copyOf(outer);
  }
}
