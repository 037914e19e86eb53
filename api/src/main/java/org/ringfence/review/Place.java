package org.ringfence.review;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.review.Manifest.State;

/**
 * A path of a tree: its parent directory, held open, and its name there.
 *
 * @param directory the directory
 * @param name the name
 * @param owned whether the directory was opened for this place
 * @param unlocked directories whose owner has rights on them until this place is closed
 */
record Place(HeldDirectory directory, String name, boolean owned, List<Unlocked> unlocked)
    implements AutoCloseable {
  private static final int OWNERS = 0700;

  /**
   * An unlocked directory.
   *
   * @param directory the directory
   * @param mode its mode before
   */
  record Unlocked(HeldDirectory directory, int mode) {}

  /** A directory on the way is missing, or has been replaced. */
  static final class ChangedException extends IOException {
    private static final long serialVersionUID = 1L;
    private final boolean missing;

    ChangedException(String path, boolean missing) {
      super(path);
      this.missing = missing;
    }

    /** Returns whether there is nothing at all. */
    boolean missing() {
      return missing;
    }
  }

  static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * Opens the directories on the way, one after the other, without following a link.
   *
   * @param root the directory where the path begins
   * @param path the path
   * @param before the earlier state of the directories; absent ones may be any
   */
  static Place of(HeldDirectory root, String path, Map<String, State> before) throws IOException {
    return of(root, path, before, false);
  }

  /**
   * Opens a path in a copy, in which a command may have removed the owner's rights: the owner has
   * them while the place is open.
   */
  static Place inCopy(HeldDirectory root, String path) throws IOException {
    return of(root, path, Map.of(), true);
  }

  private static Place of(
      HeldDirectory root, String path, Map<String, State> before, boolean unlocks)
      throws IOException {
    List<Unlocked> unlocked = new ArrayList<>();
    HeldDirectory at = root;
    int start = 0;
    boolean done = false;
    try {
      for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', start)) {
        String name = path.substring(start, slash);
        String soFar = path.substring(0, slash);
        State then = before.get(soFar);
        Optional<Status> status = at.status(name);
        if (status.isEmpty()) {
          throw new ChangedException(soFar, then == null);
        }
        boolean replaced = then != null && !then.isDirectory();
        if (replaced && !status.get().isDirectory()) {
          // The commit puts a directory there; that change reports the conflict, if any.
          throw new ChangedException(soFar, true);
        }
        if (!status.get().isDirectory() || then != null && then.inode() != status.get().inode()) {
          throw new ChangedException(soFar, false);
        }
        int mode = status.get().mode();
        if (unlocks && (mode & OWNERS) != OWNERS) {
          unlocked.add(new Unlocked(at.unlock(name), mode));
        }
        HeldDirectory next = at.open(name);
        if (at != root) {
          at.close();
        }
        at = next;
        if (!at.status().isSame(status.get())) {
          throw new ChangedException(soFar, false);
        }
        start = slash + 1;
      }
      done = true;
      return new Place(at, path.substring(start), at != root, unlocked);
    } finally {
      if (!done) {
        close(at, at != root, unlocked);
      }
    }
  }

  private static void close(HeldDirectory directory, boolean owned, List<Unlocked> unlocked)
      throws IOException {
    IOException failure = null;
    for (Unlocked one : unlocked) {
      try {
        one.directory().setPermissions(one.mode());
      } catch (IOException e) {
        failure = e;
      }
      one.directory().close();
    }
    if (owned) {
      directory.close();
    }
    if (failure != null) {
      throw failure;
    }
  }

  Optional<State> state() throws IOException {
    return directory.status(name).map(State::of);
  }

  @Override
  public void close() throws IOException {
    close(directory, owned, unlocked);
  }
}
