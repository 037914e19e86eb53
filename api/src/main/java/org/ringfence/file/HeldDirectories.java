package org.ringfence.file;

import java.io.IOException;
import java.nio.file.Path;

/** Opens directories to hold. */
public interface HeldDirectories {
  /**
   * Opens a directory by its path.
   *
   * @param path the real path; no link on it is followed
   * @return the directory; the caller closes it
   * @throws IOException if the directory is missing, or a part of the path is a link
   */
  HeldDirectory open(Path path) throws IOException;

  /**
   * Returns the user that owns files created by this JVM.
   *
   * @return the user's number
   */
  int user();
}
