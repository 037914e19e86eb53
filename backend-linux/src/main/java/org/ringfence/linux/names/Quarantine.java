package org.ringfence.linux.names;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import org.ringfence.SandboxException;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.file.HeldDirectory.Target;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.tree.LinuxDirectories;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.OwnPlaces;
import org.ringfence.text.Printable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory to which protected names are moved that a command has made: in Ringfence's own
 * state, which no command sees. It keeps them until the user removes them. Not thread-safe.
 */
final class Quarantine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);
  private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");
  private static final int DEEPEST_COPY = 64;
  private static final int OWNERS = 0700;
  private static final int LONGEST_NAME = 255; // limits.h, NAME_MAX

  private final Kernel kernel;
  private final Path place;
  private HeldDirectory directory;
  private Path real;
  private int moved;

  Quarantine(Kernel kernel, Path place) {
    this.kernel = kernel;
    this.place = place;
  }

  /**
   * Chooses a new directory, which is made when something is moved to it.
   *
   * @throws SandboxException if there is no place that is the user's alone
   */
  static Quarantine choose(Kernel kernel, EffectivePolicy policy) throws SandboxException {
    Path state =
        OwnPlaces.state()
            .orElseThrow(
                () ->
                    new SandboxException(
                        "protectedNames existing: there is no home directory to move found names"
                            + " to; set XDG_STATE_HOME, or use existing-report"));
    byte[] random = new byte[4];
    new SecureRandom().nextBytes(random);
    Path place =
        state
            .resolve("found")
            .resolve(DAY.format(LocalDateTime.now()) + "-" + HexFormat.of().formatHex(random));
    if (policy.evaluate(policy.places().real(place.toString()), Operation.WRITE).allowed()) {
      throw new SandboxException(
          "protectedNames existing: "
              + place
              + " could be written by commands; use existing-report");
    }
    return new Quarantine(kernel, place);
  }

  /** Returns the directory. */
  Path place() {
    return place;
  }

  private HeldDirectory opened() throws IOException {
    if (directory == null) {
      Files.createDirectories(
          place,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      real = place.toRealPath();
      directory = new LinuxDirectories(kernel).open(real);
    }
    return directory;
  }

  /**
   * Moves an entry here. Where that fails, renames it in its directory, so that no program takes it
   * for what it was.
   *
   * @param from the directory that holds it
   * @param name its name, one char for a byte
   * @param path its path, for the list of origins
   * @return what has been done, as a part of a sentence
   * @throws IOException if it stays
   */
  String take(HeldDirectory from, String name, String path) throws IOException {
    return Closed.write(
        from,
        () -> {
          try {
            return "moved to " + moved(from, name, path);
          } catch (IOException e) {
            String aside = aside(from, name);
            return "renamed to "
                + Printable.ofBytes(aside.getBytes(StandardCharsets.ISO_8859_1))
                + ", since it could not be moved: "
                + e.getMessage();
          }
        });
  }

  private Path moved(HeldDirectory from, String name, String path) throws IOException {
    HeldDirectory to = opened();
    String number = Integer.toString(++moved);
    try {
      rename(from, name, to, number);
    } catch (FileSystemException e) {
      copy(from, name, to, number, 0);
      from.removeTree(name);
    }
    try {
      Files.writeString(
          real.resolve("origins.txt"),
          number + ' ' + Printable.of(path) + '\n',
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      LOG.warn("{} came from {}", place.resolve(number), Printable.of(path), e);
    }
    return place.resolve(number);
  }

  /**
   * Renames; a directory that its owner may not write cannot change its parent. It stays open to
   * its owner, who looks at it or removes it.
   */
  private static void rename(HeldDirectory from, String name, HeldDirectory to, String newName)
      throws IOException {
    try {
      from.move(name, to, newName, Target.NEW);
    } catch (AccessDeniedException e) {
      Status status = from.status(name).orElseThrow(() -> e);
      if (!status.isDirectory()) {
        throw e;
      }
      from.setPermissions(name, status.mode() & 07777 | OWNERS);
      from.move(name, to, newName, Target.NEW);
    }
  }

  private String aside(HeldDirectory from, String name) throws IOException {
    String mark = ".found-" + place.getFileName() + "-" + moved++;
    String aside = name.substring(0, Math.min(name.length(), LONGEST_NAME - mark.length())) + mark;
    from.move(name, from, aside, Target.NEW);
    return aside;
  }

  /** Copies to another file system; what fails leaves no part behind. */
  private static void copy(
      HeldDirectory from, String name, HeldDirectory to, String newName, int depth)
      throws IOException {
    Status status =
        from.status(name).orElseThrow(() -> new FileSystemException(name, null, "it has gone"));
    boolean done = false;
    try {
      if (status.isLink()) {
        to.makeLink(newName, from.readLink(name));
      } else if (status.isFile()) {
        from.copyFile(name, to, newName, status.mode() & 0777);
      } else if (!status.isDirectory() || depth > DEEPEST_COPY) {
        throw new FileSystemException(
            Printable.of(name), null, "it cannot be copied to another file system");
      } else {
        to.makeDirectory(newName, OWNERS);
        try (HeldDirectory below = from.unlock(name);
            HeldDirectory made = to.open(newName)) {
          for (String each : below.names()) {
            copy(below, each, made, each, depth + 1);
          }
        }
      }
      done = true;
    } finally {
      if (!done) {
        to.removeTree(newName);
      }
    }
  }

  @Override
  public void close() throws IOException {
    if (directory != null) {
      try {
        directory.close();
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }
}
