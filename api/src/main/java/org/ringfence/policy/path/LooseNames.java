package org.ringfence.policy.path;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Brings other spellings of a policy's own paths to the spelling that the policy has, on mounts
 * that find an object by several names. Immutable.
 */
public final class LooseNames {
  /** Every path has one spelling. */
  public static final LooseNames NONE = new LooseNames(LooseMounts.NONE, Stream.of());

  /**
   * Up to eight characters, of which the last are a tilde and a number, and up to three behind a
   * dot: [MS-FSCC] 2.1.5.2.1, "8.3 Filename", in the form that NTFS generates.
   */
  private static final Pattern SHORT =
      Pattern.compile("(?=[^.]{3,8}(?:\\.|$))[^.]{1,6}~[0-9]{1,6}(?:\\.[^.]{0,3})?");

  private final LooseMounts mounts;
  private final Node root = new Node("");

  private static final class Node {
    private final String spelling;
    private final Map<String, Node> children = new HashMap<>();

    Node(String spelling) {
      this.spelling = spelling;
    }
  }

  /**
   * Learns the paths of a policy.
   *
   * @param mounts the mounts
   * @param paths real paths; of two spellings of one path the first counts
   */
  public LooseNames(LooseMounts mounts, Stream<String> paths) {
    this.mounts = mounts;
    if (any()) {
      paths.filter(this::at).forEach(this::learn);
    }
  }

  private void learn(String path) {
    Node node = root;
    String above = "";
    for (String name : path.substring(1).split("/")) {
      above = above + "/" + name;
      node = node.children.computeIfAbsent(key(above, name), key -> new Node(name));
    }
  }

  private boolean any() {
    return !mounts.mounts().isEmpty();
  }

  private String key(String path, String name) {
    return mounts.holding(path) == null ? name : folded(name);
  }

  /** Folds at least what a file system folds: Java knows more pairs than NTFS does. */
  private static String folded(String name) {
    StringBuilder folded = new StringBuilder(name.length());
    name.codePoints()
        .map(c -> Character.toLowerCase(Character.toUpperCase(c)))
        .forEach(folded::appendCodePoint);
    return folded.toString();
  }

  /**
   * Returns whether a path can be found by other spellings.
   *
   * @param path an absolute path
   * @return true if the mount that holds its last name ignores letter case
   */
  public boolean at(String path) {
    return any() && mounts.holding(path) != null;
  }

  /**
   * Returns the policy's spelling of a path.
   *
   * @param path an absolute path
   * @return the path, with those leading names spelled as the policy does that it knows
   */
  public String spelled(String path) {
    if (!at(path)) {
      return path;
    }
    Node node = root;
    StringBuilder spelled = new StringBuilder(path.length());
    int start = 1;
    while (node != null && start <= path.length()) {
      int end = path.indexOf('/', start) < 0 ? path.length() : path.indexOf('/', start);
      node = node.children.get(key(path.substring(0, end), path.substring(start, end)));
      if (node != null) {
        spelled.append('/').append(node.spelling);
        start = end + 1;
      }
    }
    return start > path.length() ? spelled.toString() : spelled + "/" + path.substring(start);
  }

  /**
   * Finds a name on a path that may be the short name of another object: one of the form that
   * Windows makes, which the policy does not spell so itself.
   *
   * @param path an absolute path
   * @return the name; empty if there is none
   */
  public Optional<String> shortName(String path) {
    if (path.indexOf('~') < 0 || !at(path)) {
      return Optional.empty();
    }
    Node node = root;
    String above = "";
    for (String name : path.substring(1).split("/")) {
      above = above + "/" + name;
      node = node == null ? null : node.children.get(key(above, name));
      LooseMounts.Mount mount = mounts.holding(above);
      if (node == null && mount != null && mount.shortNames() && SHORT.matcher(name).matches()) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }
}
