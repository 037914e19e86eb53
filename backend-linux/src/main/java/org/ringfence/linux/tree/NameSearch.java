package org.ringfence.linux.tree;

import static org.ringfence.linux.bind.Constants.AT_SYMLINK_NOFOLLOW;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.O_RDONLY;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.git.GitLayout;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.policy.Access;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Searches the writable directories of a policy for protected names. Each directory is opened from
 * the top of its tree, over no link, so that a tree of any shape takes the search nowhere else and
 * costs two descriptors.
 */
public final class NameSearch implements AutoCloseable {
  /** The largest number of names in all directories together. */
  public static final int MOST_NAMES = 4_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(NameSearch.class);
  private static final int MOST_FOUND = 20_000;
  private static final long MOST_WAITING = 32L << 20;
  private static final int LONGEST_PATH = 3072;
  private static final int MOST_UNLOCKED = 10_000;
  private static final int DIRECTORY = 4; // dirent.h, DT_DIR
  private static final int UNKNOWN = 0;
  private static final int OWNERS = 0700;
  private static final Set<String> GIT_SURFACES =
      Set.of("hooks", "config", "config.worktree", "commondir", "gitdir", "remotes", "branches");

  private final TreeCalls calls;
  private final LinuxDirectories directories;
  private final EffectivePolicy policy;
  private final boolean unlocks;
  private final Map<String, Found> before;
  private final int user;
  private final Map<String, LinuxDirectory> roots = new LinkedHashMap<>();
  private final Map<String, Found> found = new LinkedHashMap<>();
  private final Map<String, String> unsearched = new LinkedHashMap<>();
  private final Deque<Unlocked> unlocked = new ArrayDeque<>();
  private long names;
  private long waiting;

  /**
   * A protected name that exists.
   *
   * @param root the writable directory
   * @param below the path below it, one char for a byte
   * @param name the protected name, as it is listed
   * @param status the object's status
   */
  public record Found(String root, String below, String name, Status status) {
    /**
     * Returns the path.
     *
     * @return the absolute path
     */
    public String path() {
      return root + "/" + text(below);
    }

    /**
     * Returns the last component.
     *
     * @return the name, one char for a byte
     */
    public String last() {
      return below.substring(below.lastIndexOf('/') + 1);
    }

    /** Returns whether the path is valid UTF-8, so that it can be named in options. */
    public boolean isText() {
      return TreeCalls.raw(text(below)).equals(below);
    }
  }

  private record Unlocked(String root, String below, int mode) {}

  /**
   * Makes a search.
   *
   * @param kernel the system calls
   * @param policy the policy
   * @param before the names of an earlier search; empty for the first one. A later one enters none
   *     of these names, and enters directories that this user has closed meanwhile
   */
  public NameSearch(Kernel kernel, EffectivePolicy policy, Optional<Map<String, Found>> before) {
    this.directories = new LinuxDirectories(kernel);
    this.calls = directories.calls();
    this.policy = policy;
    this.unlocks = before.isPresent();
    this.before = before.orElse(Map.of());
    this.user = directories.user();
  }

  /**
   * Searches all writable directories.
   *
   * @return this search
   */
  public NameSearch run() {
    for (EffectiveRule rule : policy.rules()) {
      if (rule.access() == Access.WRITE && !rule.scratch()) {
        root(rule.path());
      }
    }
    return this;
  }

  private void root(String path) {
    LinuxDirectory top;
    try {
      if (roots.containsKey(path) || !Files.isDirectory(Path.of(path))) {
        return;
      }
      top = directories.open(Path.of(path));
    } catch (IOException e) {
      unsearched.put(path, e.getMessage());
      return;
    }
    roots.put(path, top);
    Deque<String> soon = new ArrayDeque<>();
    soon.push("");
    waiting = 0;
    while (!soon.isEmpty()) {
      String at = soon.pop();
      waiting -= at.length();
      if (names > MOST_NAMES || found.size() > MOST_FOUND || waiting > MOST_WAITING) {
        unsearched.put(path, "it holds more names than are searched");
        return;
      }
      enter(path, top, at, soon);
    }
  }

  private void enter(String root, LinuxDirectory top, String at, Deque<String> soon) {
    int fd = -1;
    try {
      fd = open(root, top, at);
      list(root, at, fd, soon);
    } catch (NoSuchFileException e) {
      // A program outside has removed it meanwhile.
      return;
    } catch (IOException e) {
      closed(root, top, at, e);
    } finally {
      if (fd >= 0) {
        calls.close(fd);
      }
    }
  }

  private int open(String root, LinuxDirectory top, String at) throws IOException {
    int flags = O_RDONLY | calls.directory();
    String place = at.isEmpty() ? "." : at;
    try {
      return calls.openBelow(top.descriptor(), place, flags);
    } catch (AccessDeniedException e) {
      int held = calls.openBelow(top.descriptor(), place, O_PATH | calls.directory());
      try {
        Status status = calls.status(held);
        if (!unlocks || status.user() != user || unlocked.size() >= MOST_UNLOCKED) {
          throw e;
        }
        calls.permissions(held, at, status.mode() | OWNERS);
        unlocked.push(new Unlocked(root, at, status.mode()));
      } finally {
        calls.close(held);
      }
      return calls.openBelow(top.descriptor(), place, flags);
    }
  }

  /** Closes the directories that were opened to their owner. */
  private void lock() {
    while (!unlocked.isEmpty()) {
      Unlocked each = unlocked.pop();
      try {
        int held =
            calls.openBelow(
                roots.get(each.root()).descriptor(), each.below(), O_PATH | calls.directory());
        try {
          calls.permissions(held, each.below(), each.mode());
        } finally {
          calls.close(held);
        }
      } catch (IOException e) {
        LOG.warn("{} stays open to its owner", each.root() + "/" + text(each.below()));
      }
    }
  }

  /** Handles a directory that cannot be listed: others' directories are closed to commands, too. */
  private void closed(String root, LinuxDirectory top, String at, IOException reason) {
    try {
      Status status = calls.status(top.descriptor(), at, AT_SYMLINK_NOFOLLOW);
      if (at.isEmpty() || status.user() != user && reason instanceof AccessDeniedException) {
        if (at.isEmpty()) {
          unsearched.put(root, String.valueOf(reason.getMessage()));
        }
        return;
      }
      found.put(
          root + '\0' + at, new Found(root, at, "a directory that cannot be searched", status));
    } catch (IOException e) {
      unsearched.put(root + "/" + text(at), String.valueOf(reason.getMessage()));
    }
  }

  private void list(String root, String at, int fd, Deque<String> soon) throws IOException {
    String above = at.isEmpty() ? "" : at + "/";
    String prefix = (root.equals("/") ? "" : root) + "/" + text(above);
    Set<String> parts = new HashSet<>();
    Map<String, Integer> surfaces = new HashMap<>();
    List<String> below = new ArrayList<>();
    calls.list(
        fd,
        (name, type) -> {
          names++;
          if (GitLayout.isPart(name)) {
            parts.add(name.toLowerCase(Locale.ROOT));
          }
          String lower = name.length() <= 15 ? name.toLowerCase(Locale.ROOT) : name;
          if (GIT_SURFACES.contains(lower) || lower.equals("info")) {
            surfaces.put(name, type);
          }
          boolean directory = isDirectory(fd, name, type);
          Decision decision =
              directory && lower.equals(".git")
                  ? null
                  : policy.evaluate(prefix + text(name), Operation.WRITE);
          Found earlier = before.get(root + '\0' + above + name);
          if (earlier != null) {
            found(root, above + name, fd, name, earlier.name());
          } else if (decision != null && !decision.allowed()) {
            hit(root, above + name, fd, name, decision.reason());
          } else if (directory && above.length() + name.length() > LONGEST_PATH) {
            found(root, above + name, fd, name, "a directory that lies too deep to be searched");
          } else if (directory) {
            below.add(above + name);
            waiting += above.length() + name.length();
          }
          return names <= MOST_NAMES && waiting <= MOST_WAITING && found.size() <= MOST_FOUND;
        });
    if (GitLayout.isGitDirectory(name -> parts.contains(name.toLowerCase(Locale.ROOT)))) {
      gitDirectory(root, above, fd, surfaces, below);
    }
    below.forEach(soon::push);
  }

  private void gitDirectory(
      String root, String above, int fd, Map<String, Integer> surfaces, List<String> below)
      throws IOException {
    for (String name : surfaces.keySet()) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (!lower.equals("info")) {
        found(root, above + name, fd, name, ".git/" + lower);
        below.remove(above + name);
      } else if (below.contains(above + name)) {
        try {
          Status status = calls.status(fd, name + "/attributes", AT_SYMLINK_NOFOLLOW);
          put(new Found(root, above + name + "/attributes", ".git/info/attributes", status));
        } catch (NoSuchFileException e) {
          continue;
        }
      }
    }
  }

  private boolean isDirectory(int fd, String name, int type) {
    if (type != UNKNOWN) {
      return type == DIRECTORY;
    }
    try {
      return calls.status(fd, name, AT_SYMLINK_NOFOLLOW).isDirectory();
    } catch (IOException e) {
      return false;
    }
  }

  private void hit(String root, String below, int fd, String name, Reason reason)
      throws IOException {
    if (reason instanceof Reason.ProtectedName named) {
      found(root, below, fd, name, named.name());
    } else if (reason instanceof Reason.ProtectedPath path) {
      found(root, below, fd, name, path.path());
    }
  }

  private void found(String root, String below, int fd, String name, String listed)
      throws IOException {
    try {
      put(new Found(root, below, listed, calls.status(fd, name, AT_SYMLINK_NOFOLLOW)));
    } catch (NoSuchFileException e) {
      // A program outside has removed it meanwhile.
      return;
    }
  }

  private void put(Found one) {
    found.putIfAbsent(one.root() + '\0' + one.below(), one);
  }

  /**
   * Returns the protected names that exist.
   *
   * @return the names, by a key that is the same in another search
   */
  public Map<String, Found> found() {
    return found;
  }

  /**
   * Returns the places that were not searched.
   *
   * @return path to reason
   */
  public Map<String, String> unsearched() {
    return unsearched;
  }

  /**
   * Opens the directory that holds a found name.
   *
   * @param one the found name
   * @return the directory; the caller closes it
   * @throws IOException if it has gone
   */
  public HeldDirectory directoryOf(Found one) throws IOException {
    int slash = one.below().lastIndexOf('/');
    return new LinuxDirectory(
        calls,
        calls.openBelow(
            roots.get(one.root()).descriptor(),
            slash < 0 ? "." : one.below().substring(0, slash),
            O_RDONLY | calls.directory()));
  }

  static String text(String raw) {
    return new String(raw.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /** Closes the directories, also those that were opened to their owner. */
  @Override
  public void close() {
    lock();
    roots.values().forEach(LinuxDirectory::close);
  }
}
