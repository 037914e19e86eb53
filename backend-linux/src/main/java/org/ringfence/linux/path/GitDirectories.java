package org.ringfence.linux.path;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.AT_SYMLINK_NOFOLLOW;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.ringfence.git.GitLayout;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.Decision;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.GitDirectoryDecisions;

/**
 * Decides by the parts of the directories that contain a name: a git directory is one under any
 * name. The supervisor checks the parts during the call, beneath the descriptor of the entry's own
 * directory. It locks that directory until the call is done, so that supervisors of other sandboxes
 * wait. No command can turn a directory into a git directory or back.
 */
public final class GitDirectories {
  // No path has as many.
  private static final int MOST_COMPONENTS = Integer.MAX_VALUE;
  // gitrepository-layout(5); some file systems ignore case.
  private static final Pattern INDEX =
      Pattern.compile("index|sharedindex\\..*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
  private static final Pattern REMOTES =
      Pattern.compile("/(?:remotes|branches)(?:/[^/]*)?$", Pattern.CASE_INSENSITIVE);
  private static final Decision ALLOWED =
      Decision.allow(new org.ringfence.policy.Reason.NothingAgainst("no git directory"));

  private final Kernel kernel;
  private final PathResolver paths;
  private final EffectivePolicy policy;
  private final GitDirectoryDecisions rules;
  private final TreeLock tree;
  private final GitPlaces places;

  GitDirectories(Kernel kernel, PathResolver paths, FileView view, TreeLock tree) {
    this.kernel = kernel;
    this.paths = paths;
    this.policy = view.policy();
    this.rules = new GitDirectoryDecisions(policy);
    this.tree = tree;
    this.places = new GitPlaces(policy);
  }

  /** Returns the places in which repositories may come into being. */
  public GitPlaces places() {
    return places;
  }

  /** Decides on a new name: a file, a directory, a link. */
  public Decision made(Entry entry, String path, boolean replacement) {
    return made(entry, path, replacement, MOST_COMPONENTS);
  }

  /**
   * Decides on a new name that the guard permits in the git directory that it knows by its path.
   *
   * @param depth the number of components that lead to that directory's {@code .git}
   */
  public Decision made(Entry entry, String path, boolean replacement, int depth) {
    Decision inside = changed(entry, path, replacement, depth);
    String name = text(entry);
    if (!inside.allowed() || path.isEmpty() || !GitLayout.isPart(name) || isHeld(path)) {
      return inside;
    }
    Decision alone = alone(entry, path);
    return alone.allowed() && GitLayout.becomesOne(name, there(entry.directory(), 0))
        ? rules.changed(path, "a directory would become a git directory")
        : alone;
  }

  /** Decides on removing a name or moving it away. */
  public Decision taken(Entry entry, String path) {
    return taken(entry, path, MOST_COMPONENTS);
  }

  /** Decides on removing a name that the guard permits to remove. */
  public Decision taken(Entry entry, String path, int depth) {
    Decision inside = changed(entry, path, false, depth);
    String name = text(entry);
    if (!inside.allowed() || path.isEmpty() || !GitLayout.isPart(name) || isHeld(path)) {
      return inside;
    }
    Decision alone = alone(entry, path);
    return alone.allowed() && GitLayout.endsWithout(name, there(entry.directory(), 0))
        ? rules.changed(path, "a git directory would no longer be one")
        : alone;
  }

  /** Returns whether names protect a directory, so that it may become a git directory. */
  private boolean isHeld(String path) {
    return places.hold(path.substring(0, Math.max(0, path.lastIndexOf('/'))));
  }

  /** Two sandboxes that each change a part must not both find the directory as it was before. */
  private Decision alone(Entry entry, String path) {
    Decision otherwise =
        rules.changed(path, "its directory is locked, or cannot be opened to be locked");
    return otherwise.allowed() || tree.holdsAlone(entry.directory()) ? ALLOWED : otherwise;
  }

  /** Decides on a new symbolic link. */
  public Decision linked(Entry entry, String path) {
    return isInside(entry, path) ? rules.linked(path) : ALLOWED;
  }

  /** Returns whether git reads an index by a name. */
  public static boolean isIndexName(String name) {
    return INDEX.matcher(name).matches();
  }

  /** Returns whether an entry is the index of a git directory, or the shared part of one. */
  public boolean isIndex(Entry entry, String path) {
    return isIndexName(text(entry))
        && !path.isEmpty()
        && policy.policy().protectedNames().guardsGit()
        && policy.keepsNames(path)
        && (isHeld(path) || GitLayout.isGitDirectory(there(entry.directory(), 0)));
  }

  /** Decides on a file that a command itself makes or writes at an entry. */
  public Decision direct(Entry entry, String path) {
    return isIndex(entry, path)
        ? rules.changed(path, "an index is replaced by renaming, so that its paths are checked")
        : remote(entry, path);
  }

  /**
   * Decides on a file that becomes the definition of a remote, as old versions of git wrote them:
   * git reads it where its configuration does not define the remote.
   */
  public Decision remote(Entry entry, String path) {
    String directory = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    return REMOTES.matcher(directory).find()
            && policy.policy().protectedNames().guardsGit()
            && policy.keepsNames(path)
            && (isHeld(directory) || GitLayout.isGitDirectory(there(entry.directory(), 1)))
        ? rules.changed(path, "a remote can name a program")
        : ALLOWED;
  }

  /** Decides on writing an existing file, by its path inside. */
  public Decision written(int tid, String seen, String path) {
    Decision decision = changed(tid, seen, path);
    boolean named = isIndexName(path.substring(path.lastIndexOf('/') + 1));
    if (!decision.allowed() || !named && !REMOTES.matcher(path).find()) {
      return decision;
    }
    Optional<Entry> entry = entry(tid, seen);
    if (entry.isEmpty()) {
      return rules.changed(path, "its directory cannot be looked at");
    }
    try {
      return direct(entry.get(), path);
    } finally {
      paths.places().close(entry.get().directory());
    }
  }

  /** Returns whether names are protected at a path and it lies in a git directory of any name. */
  private boolean isInside(Entry entry, String path) {
    if (path.isEmpty() || entry.special() || !policy.keepsNames(path)) {
      return false;
    }
    int depth = policy.places().style().components(path).size();
    return rules.isBelowGit(path)
        || rules.holders(path, true).stream()
            .map(holder -> there(entry.directory(), depth - 1 - holder))
            .anyMatch(GitLayout::isGitDirectory);
  }

  /**
   * Fails for a directory that would come into a git directory from elsewhere, since links in it
   * would come along. The error is as for {@link #demandSameKeeping}.
   */
  public void demandSameInside(Entry from, String source, Entry to, String target)
      throws AccessException {
    if (isInside(to, target) && !isInside(from, source)) {
      throw new AccessException(-Errno.EXDEV.value());
    }
  }

  /** Decides on changing a name's content. */
  Decision changed(Entry entry, String path, boolean replacement) {
    return changed(entry, path, replacement, MOST_COMPONENTS);
  }

  private Decision changed(Entry entry, String path, boolean replacement, int depthOfGit) {
    if (path.isEmpty() || entry.special()) {
      return ALLOWED;
    }
    int depth = policy.places().style().components(path).size();
    for (int holder : rules.holders(path, replacement)) {
      int up = depth - 1 - holder;
      if (holder <= depthOfGit && GitLayout.isGitDirectory(there(entry.directory(), up))) {
        Decision decision = rules.below(path, holder, replacement);
        if (!decision.allowed()) {
          return decision;
        }
      }
    }
    return ALLOWED;
  }

  /** Decides on changing an existing object, by its path inside. */
  public Decision changed(int tid, String seen, String path) {
    if (path.isEmpty() || rules.holders(path, false).isEmpty()) {
      return ALLOWED;
    }
    Optional<Entry> entry = entry(tid, seen);
    if (entry.isEmpty()) {
      return rules.changed(path, "its directory cannot be looked at");
    }
    try {
      return changed(entry.get(), path, false);
    } finally {
      paths.places().close(entry.get().directory());
    }
  }

  /**
   * Fails for a directory that would come from a place in which names are free, since its content
   * would come along. The error is that of another file system, so that tools copy it instead and
   * the supervisor decides on each name.
   */
  public void demandSameKeeping(String from, String to) throws AccessException {
    boolean freed = !from.isEmpty() && policy.keepsNames(to) && !policy.keepsNames(from);
    if (freed || !from.isEmpty() && rules.gainsNames(from, to)) {
      throw new AccessException(-Errno.EXDEV.value());
    }
  }

  private Optional<Entry> entry(int tid, String seen) {
    try {
      return Optional.of(paths.entry(tid, AT_FDCWD, seen.getBytes(StandardCharsets.UTF_8)));
    } catch (AccessException e) {
      return Optional.empty();
    }
  }

  private static String text(Entry entry) {
    return new String(entry.name(), StandardCharsets.ISO_8859_1);
  }

  /** Tests whether a directory above a descriptor has a name; true when it cannot be read. */
  private Predicate<String> there(int directory, int up) {
    return name -> {
      try (NativeBlock block = new NativeBlock(512 + 3L * up)) {
        long at = block.string("../".repeat(up) + name);
        // STATX_TYPE is 1.
        long result =
            kernel.call(
                Syscall.STATX, directory, at, AT_SYMLINK_NOFOLLOW, 1, block.allocate(256), 0);
        return result != -Errno.ENOENT.value() && result != -Errno.ENOTDIR.value();
      }
    };
  }
}
