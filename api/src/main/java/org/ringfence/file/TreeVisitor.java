package org.ringfence.file;

import java.io.IOException;
import org.ringfence.file.HeldDirectory.Status;

/** Hears of every entry of a tree, parents first. */
public interface TreeVisitor {
  /**
   * An entry.
   *
   * @param parent the directory that it lies in, open for the time of the call
   * @param path its path from where the walk began
   * @param name its name in the directory
   * @param status what the system says of it
   */
  record Entry(HeldDirectory parent, String path, String name, Status status) {}

  /**
   * Hears of an entry.
   *
   * @param entry the entry
   * @return whether a directory is to be entered; without meaning for anything else
   * @throws IOException to end the walk
   */
  boolean visit(Entry entry) throws IOException;

  /**
   * Hears that a directory is entered: until it is left, all entries lie in it.
   *
   * @param entry the directory
   * @throws IOException to end the walk
   */
  default void enter(Entry entry) throws IOException {}

  /**
   * Hears that all of a directory that was entered has been seen.
   *
   * @param entry the directory
   * @throws IOException to end the walk
   */
  default void leave(Entry entry) throws IOException {}

  /**
   * Hears of a directory that was to be entered and cannot be.
   *
   * @param entry the directory
   * @param failure why
   * @throws IOException to end the walk
   */
  default void closed(Entry entry, IOException failure) throws IOException {
    throw failure;
  }

  /**
   * Whether directories whose owner has taken rights away from himself are entered all the same;
   * afterwards they have the rights again that they had.
   *
   * @return true if they are
   */
  default boolean unlocks() {
    return false;
  }

  /**
   * Whether entries are to have paths; without, a tree may be of any depth.
   *
   * @return true if they are
   */
  default boolean wantsPaths() {
    return true;
  }
}
