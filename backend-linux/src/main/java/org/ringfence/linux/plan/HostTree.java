package org.ringfence.linux.plan;

/** The file system as a compiler sees it; assumed where a policy is only explained. */
@FunctionalInterface
public interface HostTree {
  /** The kind of a path's object, without following a link at its end. */
  enum Kind {
    /** Nothing. */
    MISSING,
    /** A directory. */
    DIRECTORY,
    /** A symbolic link. */
    LINK,
    /** Anything else. */
    FILE
  }

  /** A tree in which every path is a directory, for explaining without a machine. */
  HostTree ASSUMED = path -> Kind.DIRECTORY;

  /**
   * Returns the kind of a path.
   *
   * @param path an absolute path
   * @return its kind
   */
  Kind kind(String path);
}
