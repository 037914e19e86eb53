package org.ringfence.linux.names;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
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

/**
 * The directory to which protected names are moved that a command has made: in Ringfence's own
 * state, which no command sees. It keeps them until the user removes them. Not thread-safe.
 */
final class Quarantine implements AutoCloseable {
  private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");
  private static final int DEEPEST_COPY = 64;
  private static final int OWNERS = 0700;

  private final Kernel kernel;
  private final Path place;
  private HeldDirectory directory;
  private StringBuilder origins = new StringBuilder();
  private int moved;

  private Quarantine(Kernel kernel, Path place) {
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
      directory = new LinuxDirectories(kernel).open(place.toRealPath());
    }
    return directory;
  }

  /**
   * Moves an entry here.
   *
   * @param from the directory that holds it
   * @param name its name, one char for a byte
   * @param path its path, for the list of origins
   * @return its new place
   * @throws IOException if it stays
   */
  Path take(HeldDirectory from, String name, String path) throws IOException {
    HeldDirectory to = opened();
    String number = Integer.toString(++moved);
    try {
      from.move(name, to, number, Target.NEW);
    } catch (FileSystemException e) {
      copy(from, name, to, number, 0);
      from.removeTree(name);
    }
    origins.append(number).append(' ').append(Printable.of(path)).append('\n');
    to.remove("origins.txt", false);
    to.write("origins.txt", origins.toString().getBytes(StandardCharsets.UTF_8));
    return place.resolve(number);
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
