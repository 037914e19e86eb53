package org.ringfence;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.ringfence.file.HeldDirectories;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.file.LeftDirectories;
import org.ringfence.file.TreeRemoval;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.effective.OwnPlaces;
import org.ringfence.spi.SandboxBackend;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sandbox's private temporary directory: unpredictable name, mode 0700, removed at the end, with
 * its contents, without following links.
 *
 * <p>Where directories can be held, it lies in a directory that no other user enters and no policy
 * grants, is locked while it lives, and is removed by descriptors. A later JVM removes unlocked
 * directories. The command's part lies one level deeper, under a name that cannot be listed:
 * another sandbox of the same user may read all unrestricted places.
 */
final class TemporaryDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TemporaryDirectory.class);

  private static final Path RANDOM = Path.of("/dev/urandom");
  private static final int NAME_BYTES = 8;
  private static final int MOST_TRIES = 5;
  private static final int OTHERS = 077;
  // The owner can enter and create here but not list: only a known name is found.
  private static final int UNLISTED = 0300;
  private static final int INNER_CHARACTERS = 12;

  /** With a pause of one more millisecond after each, half a second. */
  private static final int MOST_REMOVALS = 32;

  private final Path path;
  private final Optional<Held> held;

  private TemporaryDirectory(Path path, Optional<Held> held) {
    this.path = path;
    this.held = held;
  }

  /**
   * The directory and the one around it.
   *
   * @param base the directory that holds it, this user's alone
   * @param directory the directory, locked
   */
  private record Held(HeldDirectory base, HeldDirectory directory) {
    void close() {
      directory.close();
      base.close();
    }
  }

  /**
   * Creates a directory.
   *
   * @param candidates the backends of which one will use it; the first that can opens it to hold it
   * @param lifetime whether commands may outlive this JVM in it
   */
  static TemporaryDirectory create(List<SandboxBackend> candidates, Lifetime lifetime)
      throws SandboxException {
    Optional<HeldDirectories> directories =
        candidates.stream()
            .map(each -> each.extension(HeldDirectories.class))
            .flatMap(Optional::stream)
            .findFirst();
    try {
      if (directories.isEmpty()) {
        Path parent = Path.of(System.getProperty("java.io.tmpdir")).toRealPath();
        return new TemporaryDirectory(
            Files.createTempDirectory(parent, "ringfence-"), Optional.empty());
      }
      return createHeld(directories.get(), lifetime.onJvmExit() != Lifetime.Leftovers.KILL);
    } catch (IOException e) {
      throw Sandbox.cannot("tmp: no private temporary directory can be made", e);
    }
  }

  private static TemporaryDirectory createHeld(HeldDirectories directories, boolean outlives)
      throws IOException {
    IOException failure = null;
    for (Path place : OwnPlaces.temporaryParents()) {
      for (int i = 0; i < MOST_TRIES; i++) {
        try {
          return createIn(directories, place.toRealPath(), outlives);
        } catch (NoSuchFileException | SweptException e) {
          // Another process has removed the base, or has swept this directory.
          failure = failure == null ? e : failure;
        } catch (IOException e) {
          failure = failure == null ? e : failure;
          break;
        }
      }
    }
    throw failure;
  }

  /** Another JVM has locked the new directory, because it takes it for a dead one's. */
  private static final class SweptException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private static TemporaryDirectory createIn(
      HeldDirectories directories, Path place, boolean outlives) throws IOException {
    String baseName = OwnPlaces.temporaryName(directories.user());
    HeldDirectory base = null;
    HeldDirectory directory = null;
    String name = null;
    String inner = null;
    boolean done = false;
    try {
      base = base(directories, place, baseName);
      String chosen = randomName() + (outlives ? LeftDirectories.OUTLIVING : "");
      base.makeDirectory(chosen, 0700);
      name = chosen;
      directory = base.open(name);
      boolean locked = directory.lock();
      Optional<Status> there = base.status(name);
      if (!locked || there.isEmpty() || !there.get().isSame(directory.status())) {
        throw new SweptException();
      }
      String below = randomName().substring(0, INNER_CHARACTERS);
      directory.makeDirectory(below, 0700);
      inner = below;
      directory.setPermissions(UNLISTED);
      new LeftDirectories(directories.user())
          .sweep(base, name, directories, place.resolve(baseName));
      done = true;
      return new TemporaryDirectory(
          place.resolve(baseName).resolve(name).resolve(inner),
          Optional.of(new Held(base, directory)));
    } finally {
      if (!done) {
        remove(directory, inner);
        close(directory);
        remove(base, name);
        close(base);
      }
    }
  }

  /** Removes an empty directory that was made; that needs no descriptor. */
  private static void remove(HeldDirectory parent, String name) {
    if (name == null) {
      return;
    }
    try {
      parent.remove(name, true);
    } catch (IOException e) {
      LOG.debug("the directory {} stays until the next start", name, e);
    }
  }

  private static void close(HeldDirectory directory) {
    if (directory != null) {
      directory.close();
    }
  }

  private static HeldDirectory base(HeldDirectories directories, Path place, String name)
      throws IOException {
    try (HeldDirectory parent = directories.open(place)) {
      if (parent.status(name).isEmpty()) {
        try {
          parent.makeDirectory(name, 0700);
        } catch (java.nio.file.FileAlreadyExistsException e) {
          LOG.debug("{} was made meanwhile", place.resolve(name));
        }
      }
      HeldDirectory base = parent.open(name);
      boolean done = false;
      try {
        Status status = base.status();
        if (status.user() != directories.user() || (status.mode() & OTHERS) != 0) {
          throw new IOException(place.resolve(name) + " is not this user's alone");
        }
        done = true;
        return base;
      } finally {
        if (!done) {
          base.close();
        }
      }
    }
  }

  /**
   * Returns a name as good as createTempDirectory's; setting up SecureRandom costs a third of a
   * launch.
   */
  private static String randomName() throws IOException {
    try (InputStream random = Files.newInputStream(RANDOM)) {
      return HexFormat.of().formatHex(random.readNBytes(NAME_BYTES));
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      if (held.isPresent()) {
        removePatiently(held.get());
      } else {
        TreeRemoval.remove(path);
      }
    } catch (NoSuchFileException e) {
      LOG.debug("{} was gone already", path);
    } catch (IOException e) {
      LOG.warn("temporary directory {} could not be removed", path, e);
    } finally {
      held.ifPresent(Held::close);
    }
  }

  /** Tries again: other threads may have used up the descriptors for a moment. */
  private void removePatiently(Held where) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      for (int i = 1; ; i++) {
        try {
          remove(where);
          return;
        } catch (NoSuchFileException | ReplacedException e) {
          throw e;
        } catch (IOException e) {
          if (i == MOST_REMOVALS) {
            throw e;
          }
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(i));
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Another directory lies in its place. */
  private static final class ReplacedException extends IOException {
    private static final long serialVersionUID = 1L;

    private ReplacedException(Path path) {
      super(path + " is another directory than the one that was made");
    }
  }

  /** Removes the directory if it is unused: a failed opening has left no descriptor for more. */
  private boolean removedUnused(Held where, String name) {
    try {
      where.directory().remove(path.getFileName().toString(), true);
      where.base().remove(name, true);
      return true;
    } catch (IOException e) {
      LOG.debug("{} is not empty", name, e);
      return false;
    }
  }

  private void remove(Held where) throws IOException {
    String name = path.getParent().getFileName().toString();
    Optional<Status> there = where.base().status(name);
    if (there.isPresent() && !there.get().isSame(where.directory().status())) {
      throw new ReplacedException(path);
    }
    if (there.isPresent() && removedUnused(where, name)) {
      return;
    }
    where.base().removeTree(name);
    // The directory around it stays: a sandbox that is opening may be about to hide it.
  }
}
