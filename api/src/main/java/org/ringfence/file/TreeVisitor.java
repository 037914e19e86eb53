package org.ringfence.file;

import java.io.IOException;
import org.ringfence.file.HeldDirectory.Status;

/** Receives every entry of a tree, parents first. */
public interface TreeVisitor {
  /**
   * An entry of the tree.
   *
   * @param parent its directory, open during the call
   * @param path its path from the start of the walk
   * @param name its name in the directory
   * @param status its status
   */
  record Entry(HeldDirectory parent, String path, String name, Status status) {}

  /**
   * Receives an entry.
   *
   * @param entry the entry
   * @return whether to enter a directory; ignored for other entries
   * @throws IOException to end the walk
   */
  boolean visit(Entry entry) throws IOException;

  /**
   * Reports that the walk enters a directory: until it leaves, all entries lie in it.
   *
   * @param entry the directory
   * @throws IOException to end the walk
   */
  default void enter(Entry entry) throws IOException {}

  /**
   * Reports that the walk leaves an entered directory.
   *
   * @param entry the directory
   * @throws IOException to end the walk
   */
  default void leave(Entry entry) throws IOException {}

  /**
   * Reports a directory that the walk cannot enter.
   *
   * @param entry the directory
   * @param failure the reason
   * @throws IOException to end the walk
   */
  default void closed(Entry entry, IOException failure) throws IOException {
    throw failure;
  }

  /**
   * Returns whether the walk also enters directories whose owner has removed rights from itself; it
   * restores their modes afterwards.
   *
   * @return true if it does
   */
  default boolean unlocks() {
    return false;
  }

  /**
   * Returns whether entries have paths; without paths, a tree may have any depth.
   *
   * @return true if it does
   */
  default boolean wantsPaths() {
    return true;
  }
}
