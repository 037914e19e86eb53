package org.ringfence.policy.value;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Names that come with Ringfence as data, found by their first component and compared without
 * regard to case. Immutable.
 */
public final class NameList {
  private static final int ASCII = 128;

  private final List<ListedName> names;
  private final Map<String, List<ListedName>> byFirst = new HashMap<>();
  private final boolean[] starts = new boolean[ASCII];

  private NameList(List<ListedName> names) {
    this.names = List.copyOf(names);
    for (ListedName name : names) {
      String first = name.components().get(0);
      byFirst.computeIfAbsent(first, key -> new ArrayList<>(2)).add(name);
      starts[first.charAt(0)] = true;
      starts[Character.toUpperCase(first.charAt(0))] = true;
    }
  }

  /**
   * Reads a list.
   *
   * @param resource the file, beside this class
   * @param section the section's name, empty for the part before the first
   */
  public static NameList read(String resource, String section) {
    List<ListedName> names = new ArrayList<>();
    String at = "";
    for (String line : text(resource).split("\n")) {
      if (line.startsWith("[")) {
        at = line.substring(1, line.length() - 1);
      } else if (at.equals(section) && !line.isEmpty() && !line.startsWith("#")) {
        names.add(parsed(line));
      }
    }
    return new NameList(names);
  }

  private static ListedName parsed(String line) {
    int first = line.indexOf(" | ");
    int second = line.indexOf(" | ", first + 1);
    String text = line.substring(0, first);
    return new ListedName(
        text,
        List.of(text.toLowerCase(Locale.ROOT).split("/")),
        line.substring(first + 3, second),
        line.substring(second + 3));
  }

  private static String text(String resource) {
    try (InputStream in = NameList.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public List<ListedName> names() {
    return names;
  }

  /** Returns whether a name may begin with a component: quick, and false only if none does. */
  private boolean mayBegin(String component) {
    char c = component.isEmpty() ? 0 : component.charAt(0);
    return c >= ASCII || starts[c];
  }

  private List<ListedName> beginningWith(String component) {
    return mayBegin(component)
        ? byFirst.getOrDefault(component.toLowerCase(Locale.ROOT), List.of())
        : List.of();
  }

  /**
   * Finds the longest name at or above a path.
   *
   * @param path a path's components
   * @param start where the name begins in them
   * @param longerThan the number of components that the name must exceed
   * @return the name, or null
   */
  public ListedName over(List<String> path, int start, int longerThan) {
    ListedName best = null;
    int length = longerThan;
    for (ListedName name : beginningWith(path.get(start))) {
      if (name.length() > length
          && start + name.length() <= path.size()
          && common(name, path, start) == name.length()) {
        best = name;
        length = name.length();
      }
    }
    return best;
  }

  /**
   * Finds a name below a path.
   *
   * @param path a path's components
   * @param start where the name begins in them
   * @param longerThan the number of components that the name must exceed
   * @return the name, or null
   */
  public ListedName below(List<String> path, int start, int longerThan) {
    int given = path.size() - start;
    for (ListedName name : beginningWith(path.get(start))) {
      if (name.length() > Math.max(given, longerThan) && common(name, path, start) == given) {
        return name;
      }
    }
    return null;
  }

  /** Returns all names below a path. */
  public List<ListedName> allBelow(List<String> path, int start) {
    int given = path.size() - start;
    return beginningWith(path.get(start)).stream()
        .filter(name -> name.length() > given && common(name, path, start) == given)
        .toList();
  }

  private static int common(ListedName name, List<String> path, int start) {
    int most = Math.min(name.length(), path.size() - start);
    for (int i = 0; i < most; i++) {
      if (!name.matches(i, path.get(start + i).toLowerCase(Locale.ROOT))) {
        return i;
      }
    }
    return most;
  }
}
