package org.ringfence.windows.plan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Variables that tell Git which repositories another user may own. Since 2.35.2 it refuses others
 * ({@code safe.directory}), and a workspace belongs to the caller, not to the account of commands.
 */
public final class GitSafeDirectories {
  private static final String COUNT = "GIT_CONFIG_COUNT";
  private static final int MOST = 1_000;

  private GitSafeDirectories() {}

  /**
   * Adds directories after the configuration that the environment has already.
   *
   * @param environment the variables
   * @param directories absolute paths
   * @return the variables with them; the same if {@code GIT_CONFIG_COUNT} is no number
   */
  public static Map<String, String> added(
      Map<String, String> environment, List<String> directories) {
    String there =
        environment.entrySet().stream()
            .filter(variable -> variable.getKey().equalsIgnoreCase(COUNT))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse("0");
    if (directories.isEmpty() || !there.matches("[0-9]{1,3}")) {
      return environment;
    }
    int count = Integer.parseInt(there);
    Map<String, String> with = new HashMap<>(environment);
    with.keySet().removeIf(COUNT::equalsIgnoreCase);
    for (String directory : directories) {
      if (count == MOST) {
        break;
      }
      with.put("GIT_CONFIG_KEY_" + count, "safe.directory");
      // Git compares with slashes.
      with.put("GIT_CONFIG_VALUE_" + count, directory.replace('\\', '/'));
      count++;
    }
    with.put(COUNT, Integer.toString(count));
    return with;
  }
}
