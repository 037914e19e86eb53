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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
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
import org.ringfence.policy.effective.GitDirectoryDecisions;
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
  private static final Limits USUAL = new Limits(MOST_NAMES, 20_000, 500_000);
  private static final int LONGEST_PATH = 3072;
  private static final int MOST_UNLOCKED = 500_000;
  private static final int DIRECTORY = 4; // dirent.h, DT_DIR
  private static final int LINK = 10; // DT_LNK
  private static final int UNKNOWN = 0;
  private static final int OWNERS = 0700;
  private static final Set<String> GIT_SURFACES =
      Set.of("hooks", "config", "config.worktree", "commondir", "gitdir", "remotes", "branches");
  // gitrepository-layout(5): no working tree has one of these names in a git directory.
  private static final Set<String> GIT_DIRECTORIES =
      Set.of(
          "objects",
          "refs",
          "info",
          "logs",
          "worktrees",
          "modules",
          "hooks",
          "remotes",
          "branches",
          "common",
          "lfs",
          "annex",
          "svn",
          "rr-cache",
          "lost-found",
          "reftable",
          "rebase-merge",
          "rebase-apply",
          "sequencer");

  private final TreeCalls calls;
  private final LinuxDirectories directories;
  private final EffectivePolicy policy;
  private final GitDirectoryDecisions git;
  private final Limits limits;
  private final boolean unlocks;
  private final Map<String, Found> before;
  private final int user;
  private final Map<String, LinuxDirectory> roots = new LinkedHashMap<>();
  private final Map<String, Found> found = new LinkedHashMap<>();
  private Predicate<Found> receiver;
  private final Map<String, String> unsearched = new LinkedHashMap<>();
  private final Deque<Unlocked> unlocked = new ArrayDeque<>();
  private long names;
  private boolean cut;

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

    /**
     * Returns a key that is the same in another search.
     *
     * @return the key
     */
    public String key() {
      return NameSearch.key(root, below);
    }

    /** Returns whether the path is valid UTF-8, so that it can be named in options. */
    public boolean isText() {
      return TreeCalls.raw(text(below)).equals(below);
    }
  }

  /**
   * A directory below a root; of its path it keeps its own name, since many may wait.
   *
   * @param above the directory above; null for the root
   * @param name the last component
   * @param git whether it lies in a git directory
   * @param beside whether it lies right in one and git does not use it: a working tree may
   */
  private record Place(Place above, String name, boolean git, boolean beside) {
    String path() {
      if (above == null) {
        return "";
      }
      Deque<String> names = new ArrayDeque<>();
      for (Place each = this; each.above != null; each = each.above) {
        names.push(each.name);
      }
      return String.join("/", names);
    }
  }

  /**
   * Limits of a search.
   *
   * @param names the names in all directories
   * @param found the protected names, or those of one directory where a receiver takes them
   * @param waiting the directories that are known and not yet searched; one takes about 120 bytes
   */
  record Limits(int names, int found, int waiting) {}

  private record Unlocked(String root, Place place, int mode) {}

  private static String key(String root, String below) {
    return root + '\0' + below;
  }

  /**
   * Makes a search.
   *
   * @param kernel the system calls
   * @param policy the policy
   * @param before the names of an earlier search; empty for the first one. A later one enters none
   *     of these names, and enters directories that this user has closed meanwhile
   */
  public NameSearch(Kernel kernel, EffectivePolicy policy, Optional<Map<String, Found>> before) {
    this(kernel, policy, before, USUAL);
  }

  NameSearch(
      Kernel kernel, EffectivePolicy policy, Optional<Map<String, Found>> before, Limits limits) {
    this.limits = limits;
    this.directories = new LinuxDirectories(kernel);
    this.calls = directories.calls();
    this.policy = policy;
    this.git = new GitDirectoryDecisions(policy);
    this.unlocks = before.isPresent();
    this.before = before.orElse(Map.of());
    this.user = directories.user();
  }

  /**
   * Searches all writable directories, and passes on what it finds.
   *
   * @param each receives each name, before the next directory is searched; returns whether it has
   *     moved the name away
   * @return this search, which keeps no names
   */
  public NameSearch run(Predicate<Found> each) {
    receiver = each;
    return run();
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
    Deque<Place> soon = new ArrayDeque<>();
    soon.push(new Place(null, "", false, false));
    while (!soon.isEmpty() && !cut) {
      enter(path, top, soon.pop(), soon);
    }
    if (cut) {
      unsearched.put(path, "it holds more names than are searched");
    }
  }

  private void enter(String root, LinuxDirectory top, Place place, Deque<Place> soon) {
    int fd = -1;
    String at = place.path();
    try {
      fd = open(root, top, place, at);
      list(root, place, at, fd, soon);
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
    if (receiver != null) {
      pass(root, place, at, soon);
    }
  }

  private void pass(String root, Place place, String at, Deque<Place> soon) {
    List<Found> here = List.copyOf(found.values());
    found.clear();
    long gone = here.stream().filter(receiver).count();
    if (here.size() > limits.found() && gone > 0) {
      soon.push(place);
    } else if (here.size() > limits.found()) {
      unsearched.put(root + "/" + text(at), "it holds more names than are searched");
    }
  }

  private int open(String root, LinuxDirectory top, Place of, String at) throws IOException {
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
        unlocked.push(new Unlocked(root, of, status.mode()));
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
      String below = each.place().path();
      String place = below.isEmpty() ? "." : below;
      try {
        int held =
            calls.openBelow(roots.get(each.root()).descriptor(), place, O_PATH | calls.directory());
        try {
          calls.permissions(held, place, each.mode());
        } finally {
          calls.close(held);
        }
      } catch (NoSuchFileException e) {
        // It has been moved away.
        continue;
      } catch (IOException e) {
        LOG.warn("{} stays open to its owner", each.root() + "/" + text(below));
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
      put(new Found(root, at, "a directory that cannot be searched", status));
    } catch (IOException e) {
      unsearched.put(root + "/" + text(at), String.valueOf(reason.getMessage()));
    }
  }

  private void list(String root, Place place, String at, int fd, Deque<Place> soon)
      throws IOException {
    String above = at.isEmpty() ? "" : at + "/";
    String prefix = (root.equals("/") ? "" : root) + "/" + text(above);
    Set<String> parts = new HashSet<>();
    Map<String, Integer> surfaces = new HashMap<>();
    Set<String> below = new LinkedHashSet<>();
    List<String> links = new ArrayList<>();
    calls.list(
        fd,
        (name, said) -> {
          names++;
          int type = said == UNKNOWN ? type(fd, name) : said;
          String lower = name.length() <= 15 ? name.toLowerCase(Locale.ROOT) : name;
          if (GitLayout.isPart(name) || lower.equals(".git")) {
            parts.add(lower);
          }
          if (GIT_SURFACES.contains(lower) || lower.equals("info")) {
            surfaces.put(name, type);
          }
          boolean directory = type == DIRECTORY;
          if (type == LINK) {
            links.add(name);
          }
          Found earlier = before.get(key(root, above + name));
          Decision decision = earlier == null ? decide(prefix + text(name), lower, type) : null;
          if (earlier != null) {
            found(root, above + name, fd, name, earlier.name());
          } else if (decision != null && !decision.allowed()) {
            hit(root, above + name, fd, name, decision.reason());
          } else if (directory && above.length() + name.length() > LONGEST_PATH) {
            found(root, above + name, fd, name, "a directory that lies too deep to be searched");
          } else if (directory && soon.size() + below.size() >= limits.waiting()) {
            unsearched.put(prefix, "it holds more directories than are searched");
          } else if (directory) {
            below.add(name);
          }
          cut = names > limits.names() || receiver == null && found.size() > limits.found();
          return !cut && found.size() <= limits.found();
        });
    boolean layout = isGitDirectory(parts);
    if (layout) {
      gitDirectory(root, above, prefix, fd, surfaces, below);
    }
    boolean tree = !layout && place.beside() && parts.contains(".git");
    boolean inGit = layout || place.git() && !tree || place.name().equalsIgnoreCase(".git");
    for (String name : inGit ? links : List.<String>of()) {
      if (found.size() > limits.found()) {
        cut = receiver == null;
        break;
      }
      // Git writes its logs and messages by name: through a link, where the command chooses.
      if (!git.linked(prefix + text(name)).allowed()) {
        found(root, above + name, fd, name, "git directory");
      }
    }
    if (found.size() <= limits.found()) {
      for (String name : below) {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean beside = layout && !lower.equals(".git") && !GIT_DIRECTORIES.contains(lower);
        soon.push(new Place(place, name, inGit, beside));
      }
    }
  }

  private Decision decide(String path, String lower, int type) {
    if (type == LINK) {
      return policy.evaluateReplacement(path);
    }
    return type == DIRECTORY && lower.equals(".git")
        ? null
        : policy.evaluate(path, Operation.WRITE);
  }

  /**
   * Returns whether git may take a directory for one of its own. The one to which a "commondir"
   * leads needs no HEAD.
   */
  private static boolean isGitDirectory(Set<String> parts) {
    return parts.contains("objects") && parts.contains("refs")
        || GitLayout.isGitDirectory(name -> parts.contains(name.toLowerCase(Locale.ROOT)));
  }

  private void gitDirectory(
      String root,
      String above,
      String prefix,
      int fd,
      Map<String, Integer> surfaces,
      Set<String> below)
      throws IOException {
    int depth = policy.places().style().components(prefix).size();
    for (String name : surfaces.keySet()) {
      String lower = name.toLowerCase(Locale.ROOT);
      String path = prefix + text(name);
      if (!lower.equals("info")) {
        if (!git.below(path, depth, false).allowed()) {
          found(root, above + name, fd, name, ".git/" + lower);
          below.remove(name);
        }
      } else if (below.contains(name) && !git.below(path + "/attributes", depth, false).allowed()) {
        try {
          Status status = calls.status(fd, name + "/attributes", AT_SYMLINK_NOFOLLOW);
          put(new Found(root, above + name + "/attributes", ".git/info/attributes", status));
        } catch (NoSuchFileException e) {
          continue;
        }
      }
    }
  }

  private int type(int fd, String name) {
    try {
      // linux/stat.h: the type of a directory entry is that of the mode, shifted
      return calls.status(fd, name, AT_SYMLINK_NOFOLLOW).mode() >> 12;
    } catch (IOException e) {
      return UNKNOWN;
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
    found.putIfAbsent(one.key(), one);
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
