package org.ringfence.policy;

import java.util.List;
import java.util.Locale;

/**
 * How strongly names inside writable roots are protected that would turn a later start of a tool
 * into an escape.
 */
public enum ProtectedNames {
  /** Nothing is protected. */
  OFF,
  /** Hooks, tool and editor configuration; commits and branches keep working. */
  HOOKS_AND_CONFIG,
  /** As before, and all of {@code .git}. */
  READ_ONLY;

  private static final List<List<String>> SURFACES =
      List.of(
          List.of(".git", "hooks"),
          List.of(".git", "config"),
          List.of(".git", "config.worktree"),
          List.of(".git", "info", "attributes"),
          List.of(".ringfence"),
          List.of(".vscode"),
          List.of(".idea"),
          List.of(".bashrc"),
          List.of(".bash_profile"),
          List.of(".bash_login"),
          List.of(".profile"),
          List.of(".zshrc"),
          List.of(".zshenv"),
          List.of(".zprofile"),
          List.of(".gitconfig"),
          List.of(".mcp.json"));

  /**
   * Finds the protected name that a path lies on, compared without regard to case, since some file
   * systems are not case-sensitive.
   *
   * @param components the components of the path below a writable root
   * @return the protected name, such as {@code .git/hooks}, or null
   */
  public String matching(List<String> components) {
    if (this == OFF) {
      return null;
    }
    for (int start = 0; start < components.size(); start++) {
      String first = components.get(start);
      if (first.isEmpty() || first.charAt(0) != '.') {
        continue;
      }
      if (this == READ_ONLY && first.equalsIgnoreCase(".git")) {
        return ".git";
      }
      for (List<String> surface : SURFACES) {
        if (startsWith(components, start, surface)) {
          return String.join("/", surface);
        }
      }
    }
    return null;
  }

  private static boolean startsWith(List<String> components, int start, List<String> surface) {
    if (start + surface.size() > components.size()) {
      return false;
    }
    for (int i = 0; i < surface.size(); i++) {
      if (!components.get(start + i).toLowerCase(Locale.ROOT).equals(surface.get(i))) {
        return false;
      }
    }
    return true;
  }
}
