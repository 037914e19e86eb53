package org.ringfence.review;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.ringfence.event.Printable;

/**
 * What a command has done to one path of the workspace.
 *
 * @param name the path, relative to the workspace, one char for a byte (ISO 8859-1), as the command
 *     chose it: print {@link #printable()} instead
 * @param kind what was done
 * @param conflict whether the path has also been changed in the workspace itself meanwhile
 * @param oldMode type and permissions before, as {@code st_mode}; 0 where there was nothing
 * @param newMode type and permissions now; 0 where there is nothing
 */
public record Change(String name, Kind kind, boolean conflict, int oldMode, int newMode) {
  private static final int TYPE = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int RIGHTS_OF_OTHERS = 06000;

  /** What was done. */
  public enum Kind {
    /** There was nothing before. */
    ADDED,
    /** Content, mode or type is another. */
    MODIFIED,
    /** There is nothing any more. */
    DELETED
  }

  /**
   * The path as a path of this JVM.
   *
   * @return the path; with escapes where its bytes are none in the encoding of file names
   */
  public Path path() {
    try {
      return Path.of(
          new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
    } catch (InvalidPathException e) {
      return Path.of(printable().replaceAll("[^\\x20-\\x7e]", "?"));
    }
  }

  /**
   * The path, fit for a terminal.
   *
   * @return one line
   */
  public String printable() {
    return Printable.ofBytes(name.getBytes(StandardCharsets.ISO_8859_1));
  }

  /**
   * The permissions that a commit gives: the rights of the file's user and group (setuid, setgid)
   * only where they were there before.
   *
   * @return permissions without the type
   */
  public int committedPermissions() {
    return newMode & 01777 | newMode & oldMode & RIGHTS_OF_OTHERS;
  }

  /**
   * Whether a commit leaves out rights of the file's user or group that the command has given.
   *
   * @return true if they are in the new mode and not committed
   */
  public boolean leavesRightsOut() {
    return newMode != 0 && (newMode & 07777) != committedPermissions();
  }

  boolean wasDirectory() {
    return (oldMode & TYPE) == DIRECTORY;
  }

  boolean isDirectory() {
    return (newMode & TYPE) == DIRECTORY;
  }
}
