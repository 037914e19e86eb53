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
   * @throws IOException if there is none, or a part of the path is a link
   */
  HeldDirectory open(Path path) throws IOException;

  /**
   * The user that files made by this JVM belong to.
   *
   * @return the user's number
   */
  int user();
}
