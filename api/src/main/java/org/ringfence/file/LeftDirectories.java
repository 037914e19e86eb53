package org.ringfence.file;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ringfence.file.HeldDirectory.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes temporary directories of JVMs that ended without removing them. A living JVM holds a lock
 * on each of its directories; the system releases it at any kind of end.
 */
public final class LeftDirectories {
  /** The suffix of names that are never removed: commands may go on there without their JVM. */
  public static final String OUTLIVING = "-outliving";

  private static final Logger LOG = LoggerFactory.getLogger(LeftDirectories.class);
  private static final Pattern OURS = Pattern.compile("[0-9a-f]{16}");
  private static final int MOST = 64;
  private static final Path LOCKS = Path.of("/proc/locks");

  private final int user;

  /**
   * Looks for directories of one user.
   *
   * @param user the number of the user whose directories are removed
   */
  public LeftDirectories(int user) {
    this.user = user;
  }

  /** A directory whose JVM is dead, locked. */
  private record Dead(String name, HeldDirectory directory) {}

  /**
   * Checks some of the directories beside a new one, and removes dead ones in the background.
   *
   * @param base the directory that holds them
   * @param own the name of the new one
   * @param directories opens {@code base} again for the background
   * @param path its path
   * @throws IOException if the directory cannot be listed
   */
  public void sweep(HeldDirectory base, String own, HeldDirectories directories, Path path)
      throws IOException {
    List<String> names = new ArrayList<>(base.names());
    names.remove(own);
    if (names.size() > MOST) {
      Collections.shuffle(names);
    }
    List<Dead> dead = new ArrayList<>();
    boolean begun = false;
    try {
      find(base, names, dead);
      begun = dead.isEmpty() || begin(() -> remove(dead, directories, path));
    } finally {
      if (!begun) {
        dead.forEach(each -> each.directory().close());
      }
    }
  }

  /** Starts the removal. Without a thread for it, a later opening removes the directories. */
  private static boolean begin(Runnable removal) {
    try {
      Thread thread = new Thread(removal, "ringfence-sweep");
      thread.setDaemon(true);
      thread.start();
      return true;
    } catch (OutOfMemoryError e) {
      LOG.debug("no thread is left for a sweep", e);
      return false;
    }
  }

  private void find(HeldDirectory base, List<String> names, List<Dead> dead) {
    for (String name : names.subList(0, Math.min(MOST, names.size()))) {
      if (OURS.matcher(name).matches()) {
        dead(base, name).ifPresent(dead::add);
      }
    }
  }

  private Optional<Dead> dead(HeldDirectory base, String name) {
    HeldDirectory directory;
    Optional<Status> status;
    try {
      status = base.status(name);
      if (status.isEmpty() || !status.get().isDirectory() || status.get().user() != user) {
        return Optional.empty();
      }
      if (locked(status.get())) {
        // Opening it would make its parts listable for a moment.
        return Optional.empty();
      }
      directory = base.unlock(name);
    } catch (IOException e) {
      LOG.debug("{} cannot be looked at", name, e);
      return Optional.empty();
    }
    if (directory.lock()) {
      return Optional.of(new Dead(name, directory));
    }
    leave(directory, status.get().mode());
    return Optional.empty();
  }

  /**
   * Returns whether a process holds a lock on it; the kernel lists the locks that this JVM may see.
   */
  private static boolean locked(Status status) throws IOException {
    // proc_locks(5): the sixth field is device and inode.
    String inode = ":" + status.inode() + " ";
    try (Stream<String> all = Files.lines(LOCKS)) {
      return all.anyMatch(line -> line.contains(" FLOCK ") && line.contains(inode));
    } catch (NoSuchFileException | UncheckedIOException e) {
      return false;
    }
  }

  /** Restores the mode: a living command chose the rights on its directory. */
  private static void leave(HeldDirectory directory, int mode) {
    try (directory) {
      if (directory.status().mode() != mode) {
        directory.setPermissions(mode);
      }
    } catch (IOException e) {
      LOG.debug("a directory keeps the rights that it was opened with", e);
    }
  }

  private static void remove(List<Dead> dead, HeldDirectories directories, Path path) {
    try (HeldDirectory base = directories.open(path)) {
      for (Dead each : dead) {
        try {
          base.removeTree(each.name());
        } catch (IOException e) {
          LOG.debug("{} cannot be removed", each.name(), e);
        }
      }
    } catch (IOException e) {
      LOG.debug("{} cannot be opened", path, e);
    } finally {
      dead.forEach(each -> each.directory().close());
    }
  }
}
