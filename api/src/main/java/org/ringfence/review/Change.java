package org.ringfence.review;

import java.nio.file.Path;

/**
 * What a command has done to one path of the workspace.
 *
 * @param path the path, relative to the workspace
 * @param kind what was done
 * @param conflict whether the path has also been changed in the workspace itself meanwhile
 */
public record Change(Path path, Kind kind, boolean conflict) {
  /** What was done. */
  public enum Kind {
    /** There was nothing before. */
    ADDED,
    /** Content, mode or type is another. */
    MODIFIED,
    /** There is nothing any more. */
    DELETED
  }
}
