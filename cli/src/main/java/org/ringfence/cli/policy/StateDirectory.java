package org.ringfence.cli.policy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.effective.OwnPlaces;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Stores small texts between runs of the command line. No policy grants a command access to it.
 *
 * @param path the directory, which need not exist
 */
public record StateDirectory(Path path) {
  private static final Set<PosixFilePermission> OWN = PosixFilePermissions.fromString("rwx------");

  /**
   * Returns the directory of this user.
   *
   * @throws InvalidPolicyException if this user has no home directory
   */
  public static StateDirectory current() {
    return new StateDirectory(
        OwnPlaces.state()
            .orElseThrow(
                () ->
                    new InvalidPolicyException(
                        "state",
                        "no home directory",
                        "HOME or XDG_STATE_HOME set to a directory of yours")));
  }

  /**
   * Reads a text.
   *
   * @return the text; empty when there is none
   * @throws IOException if it cannot be read, or others could have written it
   */
  public Optional<String> read(String name) throws IOException {
    if (!Files.isDirectory(path)) {
      return Optional.empty();
    }
    demandOwn();
    try {
      return Optional.of(Files.readString(path.resolve(name)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Writes a text atomically. */
  public void write(String name, String text) throws IOException {
    boolean posix = PathStyle.current() == PathStyle.POSIX;
    Path file = path.resolve(name);
    if (posix) {
      Files.createDirectories(file.getParent(), PosixFilePermissions.asFileAttribute(OWN));
      demandOwn();
    } else {
      Files.createDirectories(file.getParent());
    }
    // Created with mode 0600.
    Path part = Files.createTempFile(file.getParent(), "part", "");
    boolean done = false;
    try {
      Files.write(part, text.getBytes(StandardCharsets.UTF_8));
      move(part, file);
      done = true;
    } finally {
      if (!done) {
        Files.deleteIfExists(part);
      }
    }
  }

  private static void move(Path part, Path file) throws IOException {
    try {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Removes a text. */
  public void remove(String name) throws IOException {
    Files.deleteIfExists(path.resolve(name));
  }

  private void demandOwn() throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (view == null) {
      return;
    }
    Set<PosixFilePermission> permissions = view.readAttributes().permissions();
    if (permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new FileSystemException(
          path.toString(), null, "other users can write it; use: chmod go-w " + path);
    }
  }
}
