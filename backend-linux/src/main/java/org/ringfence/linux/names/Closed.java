package org.ringfence.linux.names;

import java.io.IOException;
import org.ringfence.file.HeldDirectory;

/** Directories that their owner may not write. */
final class Closed {
  private static final int OWNERS = 0700;

  private Closed() {}

  /** A change in a directory. */
  interface Change<T> {
    T run() throws IOException;
  }

  /**
   * Makes a change in a directory. One that its owner may not write is opened for the change.
   *
   * @param directory the directory
   * @param change the change
   * @return the change's result
   * @throws IOException if the change fails
   */
  static <T> T write(HeldDirectory directory, Change<T> change) throws IOException {
    int mode = directory.status().mode() & 07777;
    if ((mode & OWNERS) == OWNERS) {
      return change.run();
    }
    try {
      directory.setPermissions(mode | OWNERS);
    } catch (IOException e) {
      // Another user's directory: others may have the right that its owner has not.
      return change.run();
    }
    try {
      return change.run();
    } finally {
      directory.setPermissions(mode);
    }
  }
}
