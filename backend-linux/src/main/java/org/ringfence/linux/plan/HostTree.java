package org.ringfence.linux.plan;

/** What a compiler has to know of the file system; made up where a policy is only explained. */
@FunctionalInterface
public interface HostTree {
  /** What a path refers to, the last component not followed. */
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
   * Looks at a path.
   *
   * @param path an absolute path
   * @return its kind
   */
  Kind kind(String path);
}
