package org.ringfence.review;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.ringfence.review.Manifest.State;
import org.ringfence.spi.HeldDirectory;
import org.ringfence.spi.HeldDirectory.Status;

/**
 * A path of a tree: the directory that it lies in, held open, and its name there.
 *
 * @param directory the directory
 * @param name the name
 * @param owned whether the directory was opened for this place
 */
record Place(HeldDirectory directory, String name, boolean owned) implements AutoCloseable {
  /** A directory on the way is missing, or is another object than it was. */
  static final class ChangedException extends IOException {
    private static final long serialVersionUID = 1L;
    private final boolean missing;

    ChangedException(String path, boolean missing) {
      super(path);
      this.missing = missing;
    }

    /** Whether there is nothing at all. */
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
   * @param root where the path begins
   * @param path the path
   * @param before what the directories were; those that it lacks may be any
   */
  static Place of(HeldDirectory root, String path, Map<String, State> before) throws IOException {
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
          // A directory is to come to its place; the conflict, if any, is its own.
          throw new ChangedException(soFar, true);
        }
        if (!status.get().isDirectory() || then != null && then.inode() != status.get().inode()) {
          throw new ChangedException(soFar, false);
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
      return new Place(at, path.substring(start), at != root);
    } finally {
      if (!done && at != root) {
        at.close();
      }
    }
  }

  Optional<State> state() throws IOException {
    return directory.status(name).map(State::of);
  }

  @Override
  public void close() {
    if (owned) {
      directory.close();
    }
  }
}
