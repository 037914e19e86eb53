package org.ringfence.wsl2.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A distribution of this Windows user.
 *
 * @param name its name
 * @param state its state, in the words of {@code wsl.exe}
 * @param version 1 or 2
 * @param standard whether it is the default
 */
public record WslDistribution(String name, String state, int version, boolean standard) {
  /** Mark, name, state and version: the name may have spaces, the columns are two apart. */
  private static final Pattern LINE =
      Pattern.compile("^([* ])\\s*(\\S.*?)\\s{2,}(\\S.*?)\\s+([12])\\s*$");

  /** Distributions that other programs keep for themselves: no user has a shell in them. */
  private static final Set<String> INTERNAL =
      Set.of("docker-desktop", "docker-desktop-data", "rancher-desktop", "rancher-desktop-data");

  /**
   * Reads {@code wsl.exe --list --verbose}.
   *
   * @param output its output
   * @return the distributions, in its order; those of other programs left out
   */
  public static List<WslDistribution> list(byte[] output) {
    List<WslDistribution> found = new ArrayList<>();
    for (String line : WslText.of(output).split("\n")) {
      Matcher matcher = LINE.matcher(line);
      // The header has no number at its end.
      if (matcher.matches() && !internal(matcher.group(2))) {
        found.add(
            new WslDistribution(
                matcher.group(2),
                matcher.group(3),
                Integer.parseInt(matcher.group(4)),
                matcher.group(1).equals("*")));
      }
    }
    return List.copyOf(found);
  }

  private static boolean internal(String name) {
    return INTERNAL.contains(name) || name.startsWith("podman-machine-");
  }
}
