package org.ringfence.windows.plan;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Forms of a path that name another object than they seem to, or an object without an access
 * control list of this machine. Pure.
 */
public final class PathHazard {
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:[\\\\/].*", Pattern.DOTALL);

  /** Includes superscript digits, which Windows accepts as digits here. */
  private static final Pattern DEVICE =
      Pattern.compile("(con|prn|aux|nul|conin\\$|conout\\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])");

  private PathHazard() {}

  /**
   * Finds a fault in a path.
   *
   * @param path the path
   * @return the fault and an alternative; empty when there is none
   */
  public static Optional<String> of(String path) {
    String plain = path.replace('/', '\\');
    if (plain.startsWith("\\\\?\\") || plain.startsWith("\\\\.\\") || plain.startsWith("\\??\\")) {
      return Optional.of("it is a device's or a raw name; use the form C:\\directory");
    }
    if (plain.startsWith("\\\\")) {
      return Optional.of(
          "it lies on another machine, whose access check knows no token of this one; use a local"
              + " directory");
    }
    if (!DRIVE.matcher(plain).matches()) {
      return Optional.of("it is not absolute; use the form C:\\directory");
    }
    for (String part : plain.substring(3).split("\\\\")) {
      Optional<String> wrong = ofPart(part);
      if (wrong.isPresent()) {
        return wrong;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> ofPart(String part) {
    if (part.indexOf(':') >= 0) {
      return Optional.of("'" + part + "' names a stream of a file; use the file's name");
    }
    if (part.endsWith(".") && !part.equals(".") && !part.equals("..") || part.endsWith(" ")) {
      return Optional.of(
          "'"
              + part
              + "' ends in a dot or a space, which Windows leaves out; use the name without");
    }
    if (DEVICE.matcher(part.toLowerCase(Locale.ROOT).replaceFirst("[ .:].*$", "")).matches()) {
      return Optional.of("'" + part + "' is a device wherever it lies; use another name");
    }
    if (part.chars().anyMatch(c -> c < ' ' || "<>\"|?*".indexOf(c) >= 0)) {
      return Optional.of("'" + printable(part) + "' has a character that no name has");
    }
    return Optional.empty();
  }

  private static String printable(String part) {
    return part.replaceAll("\\p{Cntrl}", "?");
  }

  /**
   * Returns why a directory cannot be a writable root: directories that every program relies on
   * would inherit the entry.
   *
   * @param path the directory, links resolved
   * @param places directories that are kept, such as the profile and the Windows directory
   * @param trees directories that are kept with everything below
   * @return the reason; empty when there is none
   */
  public static Optional<String> ofRoot(String path, List<String> places, List<String> trees) {
    if (path.length() <= 3) {
      return Optional.of("it is the root of a volume; use a directory in it");
    }
    for (String place : places) {
      if (isAtOrBelow(place, path)) {
        return Optional.of("it is or contains " + place + "; use a directory in it");
      }
    }
    for (String tree : trees) {
      if (isAtOrBelow(path, tree) || isAtOrBelow(tree, path)) {
        return Optional.of("it belongs to the system's " + tree + "; use a directory of your own");
      }
    }
    return Optional.empty();
  }

  private static boolean isAtOrBelow(String path, String ancestor) {
    String upper = path.toUpperCase(Locale.ROOT);
    String above = ancestor.toUpperCase(Locale.ROOT).replaceFirst("\\\\+$", "");
    return upper.equals(above) || upper.startsWith(above + "\\");
  }
}
