package org.ringfence.windows.plan;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Variables that name the caller's profile and that tools from other systems prefer to those of
 * Windows. For an account of its own they would lead into a closed place.
 */
public final class CallerProfile {
  /** The usual places below the home directory, by the XDG base directory specification. */
  private static final Map<String, List<String>> USUAL =
      Map.of(
          "HOME",
          List.of(""),
          "XDG_CONFIG_HOME",
          List.of("/.config"),
          "XDG_DATA_HOME",
          List.of("/.local/share"),
          "XDG_CACHE_HOME",
          List.of("/.cache"),
          "XDG_STATE_HOME",
          List.of("/.local/state"));

  private CallerProfile() {}

  /**
   * Leaves out the variables that name the caller's profile, or the usual place of their kind below
   * it. Git Bash sets {@code HOME} so. A variable with another value was chosen, and stays.
   *
   * @param environment the variables of a command, with the caller's {@code USERPROFILE}
   * @return the variables without them
   */
  public static Map<String, String> without(Map<String, String> environment) {
    String profile =
        environment.entrySet().stream()
            .filter(variable -> variable.getKey().equalsIgnoreCase("USERPROFILE"))
            .map(variable -> form(variable.getValue()))
            .findFirst()
            .orElse("");
    Map<String, String> left = new HashMap<>(environment);
    if (!profile.isEmpty()) {
      left.entrySet()
          .removeIf(
              variable ->
                  USUAL.getOrDefault(variable.getKey().toUpperCase(Locale.ROOT), List.of()).stream()
                      .anyMatch(place -> form(variable.getValue()).equals(profile + place)));
    }
    return left;
  }

  /**
   * Leaves out directories of a search path.
   *
   * @param path the value of {@code PATH}
   * @param visible whether the command can look at a directory
   * @return the value without absolute directories that it cannot
   */
  public static String searchPath(String path, Predicate<String> visible) {
    return Arrays.stream(path.split(";", -1))
        .filter(
            entry -> {
              String directory = entry.replace("\"", "");
              return !directory.matches("[A-Za-z]:[/\\\\].*") || visible.test(directory);
            })
        .collect(Collectors.joining(";"));
  }

  /** Returns a path in lower case with slashes; {@code /c/Users} of MSYS as {@code c:/users}. */
  private static String form(String path) {
    String slashes = path.replace('\\', '/').toLowerCase(Locale.ROOT);
    while (slashes.length() > 1 && slashes.endsWith("/")) {
      slashes = slashes.substring(0, slashes.length() - 1);
    }
    return slashes.matches("/[a-z]/.*") ? slashes.charAt(1) + ":" + slashes.substring(2) : slashes;
  }
}
