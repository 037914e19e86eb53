package org.ringfence.review;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.ringfence.text.Printable;

/**
 * A command's change of one path of the workspace.
 *
 * @param name the path, relative to the workspace, one char per byte (ISO 8859-1), untrusted: print
 *     {@link #printable()} instead
 * @param kind the kind of change
 * @param conflict whether the path has also been changed in the workspace itself meanwhile
 * @param oldMode type and permissions before, as {@code st_mode}; 0 where there was nothing
 * @param newMode type and permissions now; 0 where there is nothing
 */
public record Change(String name, Kind kind, boolean conflict, int oldMode, int newMode) {
  private static final int TYPE = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int RIGHTS_OF_OTHERS = 06000;

  /** The kind of change. */
  public enum Kind {
    /** The path is new. */
    ADDED,
    /** Content, mode or type differs. */
    MODIFIED,
    /** The path is gone. */
    DELETED
  }

  /**
   * Returns the path as a path of this JVM.
   *
   * @return the path; with escapes for bytes that are invalid in the encoding of file names
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
   * Returns the path, escaped for a terminal.
   *
   * @return one line
   */
  public String printable() {
    return Printable.ofBytes(name.getBytes(StandardCharsets.ISO_8859_1));
  }

  /**
   * Returns the permissions that a commit sets: setuid and setgid only if the file had them before.
   *
   * @return permissions without the type
   */
  public int committedPermissions() {
    return newMode & 01777 | newMode & oldMode & RIGHTS_OF_OTHERS;
  }

  /**
   * Returns whether a commit leaves out setuid or setgid bits that the command has set.
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
