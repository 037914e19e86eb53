package org.ringfence.policy.path;

import java.util.HashMap;
import java.util.List;
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
  public static final LooseNames NONE = new LooseNames(LooseMounts.NONE, List.of());

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

  private LooseNames(LooseMounts mounts, List<String> paths) {
    this.mounts = mounts;
    if (any()) {
      paths.stream().filter(this::at).forEach(this::learn);
    }
  }

  /**
   * Learns the paths of a policy.
   *
   * @param lookup looks for mounts and directories that find an object by several names
   * @param paths real paths; of two spellings of one path the first counts
   * @return the names
   */
  public static LooseNames of(PathLookup lookup, Stream<String> paths) {
    LooseMounts mounts = lookup.looseMounts();
    List<String> own = paths.toList();
    return new LooseNames(
        mounts.marks() ? mounts.with(lookup.foldingDirectories(own)) : mounts, own);
  }

  private void learn(String path) {
    Node node = root;
    String above = "";
    for (String name : path.substring(1).split("/")) {
      above = above + "/" + name;
      node = node.children.computeIfAbsent(key(above, name), key -> new Node(name));
    }
  }

  /**
   * Returns whether any path can be found by other spellings.
   *
   * @return true if there is such a mount or directory
   */
  public boolean any() {
    return !mounts.mounts().isEmpty();
  }

  private String key(String path, String name) {
    LooseMounts.Mount mount = mounts.holding(path);
    return mount == null ? name : mount.folded(name);
  }

  /**
   * Returns names as they are compared with protected names, which are of ASCII.
   *
   * @param path an absolute path
   * @param names its names
   * @return the names, in place of each that a file system here may take for one of ASCII that one
   */
  public List<String> plain(String path, List<String> names) {
    if (at(path)) {
      return names.stream().map(NameFolding::folded).toList();
    }
    return mounts.marks() && !NameFolding.isAscii(path)
        ? names.stream().map(NameFolding::plain).toList()
        : names;
  }

  /**
   * Returns whether a path can be found by other spellings.
   *
   * @param path an absolute path
   * @return true if the mount that holds its last name does not compare names exactly
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

  private static boolean isShort(String name) {
    return SHORT.matcher(name).matches() || SHORT.matcher(NameFolding.folded(name)).matches();
  }

  /**
   * Finds a name on a path that may be the short name of another object: one of the form that
   * Windows makes, which the policy does not spell so itself.
   *
   * @param path an absolute path
   * @return the name; empty if there is none
   */
  public Optional<String> shortName(String path) {
    if (!at(path) || NameFolding.folded(path).indexOf('~') < 0) {
      return Optional.empty();
    }
    Node node = root;
    String above = "";
    for (String name : path.substring(1).split("/")) {
      above = above + "/" + name;
      node = node == null ? null : node.children.get(key(above, name));
      LooseMounts.Mount mount = mounts.holding(above);
      if (node == null && mount != null && mount.shortNames() && isShort(name)) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }
}
