package org.ringfence.wsl2.plan;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Names of paths on the other side, computed without a process for each: drives lie below the root
 * of {@code automount} in {@code /etc/wsl.conf}, files of the distribution below {@code
 * \\wsl.localhost}.
 *
 * @param distribution the distribution's name
 * @param automount the mount point of drives, with a slash at its end
 * @param elsewhere letters that are no drives of this machine's, with the reason
 * @param mounted the places of drives, and of what distributions share, that were mounted when the
 *     distribution was asked
 */
public record WslPaths(
    String distribution, String automount, Map<Character, String> elsewhere, List<String> mounted) {
  private static final List<String> SHARES = List.of("\\\\wsl.localhost\\", "\\\\wsl$\\");
  private static final Set<Character> NEVER = Set.of('<', '>', '"', '|', '?', '*');

  /**
   * Makes names where every letter is a drive of this machine.
   *
   * @param distribution the distribution's name
   * @param automount the mount point of drives, with a slash at its end
   */
  public WslPaths(String distribution, String automount) {
    this(distribution, automount, Map.of(), List.of());
  }

  /** Checks and copies the parts. */
  public WslPaths {
    elsewhere = Map.copyOf(elsewhere);
    mounted = List.copyOf(mounted);
    if (!automount.startsWith("/") || !automount.endsWith("/")) {
      throw new IllegalArgumentException(
          "automount root '" + automount + "' is no directory; use /mnt/");
    }
  }

  /**
   * Returns the distribution's name of a Windows path.
   *
   * @param path an absolute path, by a drive's letter or in the distribution's share
   * @return an absolute path of Linux
   * @throws IllegalArgumentException if it has none: other machines, other distributions, raw names
   */
  public String toLinux(String path) {
    String windows = path.replace('/', '\\');
    for (String share : SHARES) {
      if (windows.toLowerCase(Locale.ROOT).startsWith(share)) {
        return inShare(path, windows.substring(share.length()));
      }
    }
    if (windows.startsWith("\\\\?\\") || windows.startsWith("\\\\.\\")) {
      throw refused(path, "it is a raw name; use the form C:\\directory");
    }
    if (windows.startsWith("\\\\")) {
      throw refused(path, "it lies on another machine, which a distribution does not mount");
    }
    if (windows.length() < 3
        || windows.charAt(1) != ':'
        || windows.charAt(2) != '\\'
        || !letter(windows.charAt(0))) {
      throw refused(path, "it is not absolute; use the form C:\\directory");
    }
    String reason = elsewhere.get(Character.toUpperCase(windows.charAt(0)));
    if (reason != null) {
      throw refused(path, reason);
    }
    String below = windows.substring(3);
    for (int i = 0; i < below.length(); i++) {
      if (NEVER.contains(below.charAt(i)) || below.charAt(i) < ' ' || below.charAt(i) == ':') {
        throw refused(path, "no file of Windows has '" + below.charAt(i) + "' in its name");
      }
    }
    String drive = automount + windows.substring(0, 1).toLowerCase(Locale.ROOT);
    return drive + slashes(path, below);
  }

  private String inShare(String path, String rest) {
    int end = rest.indexOf('\\');
    String name = end < 0 ? rest : rest.substring(0, end);
    if (!name.equalsIgnoreCase(distribution)) {
      throw refused(path, "it lies in the distribution '" + name + "', not in " + distribution);
    }
    String below = end < 0 ? "" : slashes(path, rest.substring(end + 1));
    return below.isEmpty() ? "/" : below;
  }

  /** Returns each part with a slash before it. */
  private static String slashes(String path, String below) {
    StringBuilder linux = new StringBuilder();
    for (String part : below.split("\\\\")) {
      if (part.equals("..") || part.equals(".")) {
        throw refused(path, "it has '" + part + "' in it");
      }
      if (!part.isEmpty()) {
        linux.append('/').append(part);
      }
    }
    return linux.toString();
  }

  private static boolean letter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static IllegalArgumentException refused(String path, String reason) {
    return new IllegalArgumentException("'" + path + "' has no name in WSL: " + reason);
  }

  /**
   * Returns the Windows name of a path of the distribution.
   *
   * @param path an absolute path of Linux
   * @return a path by a drive's letter, or in the distribution's share
   * @throws IllegalArgumentException if it has none
   */
  public String toWindows(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("'" + path + "' is not absolute");
    }
    if (path.indexOf('\\') >= 0) {
      throw new IllegalArgumentException("'" + path + "' has a backslash, which Windows does not");
    }
    return drive(path).orElse("\\\\wsl.localhost\\" + distribution + path.replace('/', '\\'));
  }

  private Optional<String> drive(String path) {
    if (!path.startsWith(automount) || path.length() == automount.length()) {
      return Optional.empty();
    }
    String rest = path.substring(automount.length());
    if (!letter(rest.charAt(0)) || rest.length() > 1 && rest.charAt(1) != '/') {
      return Optional.empty();
    }
    String below = rest.length() > 2 ? rest.substring(2).replace('/', '\\') : "";
    return Optional.of(rest.substring(0, 1).toUpperCase(Locale.ROOT) + ":\\" + below);
  }

  /**
   * Returns whether a path of the distribution lies on a Windows drive.
   *
   * @param path an absolute path of Linux
   * @return true if it does: it is slow there, and permissions are those of Windows
   */
  public boolean onDrive(String path) {
    return drive(path).isPresent()
        || mounted.stream().anyMatch(place -> path.equals(place) || path.startsWith(place + "/"));
  }
}
