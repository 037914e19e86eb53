package org.ringfence.event;

import java.util.Optional;

/**
 * The grants that a remedy never proposes: the command chooses the denials, and a remedy is pasted
 * or added without a second look. Each method returns the reason, or nothing where a path may be
 * granted. Thread-safe.
 */
interface GrantBounds {
  /**
   * Judges reading of a file, or of a directory with all below it.
   *
   * @param path an absolute path without links
   * @return the reason against a proposal
   */
  Optional<String> againstReading(String path);

  /**
   * Judges writing of a file, or of a new file.
   *
   * @param path an absolute path without links
   * @return the reason against a proposal
   */
  Optional<String> againstWriting(String path);

  /**
   * Judges writing of a directory with all below it.
   *
   * @param directory an absolute path without links
   * @return the reason against a proposal
   */
  Optional<String> againstWritingBelow(String directory);
}
