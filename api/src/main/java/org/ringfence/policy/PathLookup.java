package org.ringfence.policy;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Where the names of a policy become real paths: on this machine, on another, or nowhere. */
public interface PathLookup {
  /** Looks at nothing: every path is real, and exists. */
  PathLookup NONE = new NoLookup();

  /** Looks at this machine. */
  PathLookup HOST = new HostLookup();

  /**
   * The real path of a name: links resolved as far as the name exists, the rest kept.
   *
   * @param path an absolute path
   * @return the real path
   */
  String real(String path);

  /**
   * The symbolic links on the way of a path, the last component included.
   *
   * @param path an absolute path
   * @return link to target, in the order of the way
   */
  Map<String, String> linksOn(String path);

  /**
   * Whether something is there, be it a link that leads nowhere.
   *
   * @param path an absolute path
   * @return true if there is
   */
  boolean exists(String path);

  /**
   * Whether a socket lies at a path, or could: nothing else lies there.
   *
   * @param path a real path
   * @return false if something else lies there
   */
  default boolean mayBeSocket(String path) {
    return true;
  }

  /**
   * Whether a program of this user's could put something else at a path, or make what is missing.
   *
   * @param path a real path
   * @return false only if another user alone could
   */
  default boolean replaceable(String path) {
    return true;
  }

  /**
   * Other paths by which mounts show what lies at paths, a part of it, or what is mounted below it.
   *
   * @param paths real paths, which need not exist
   * @return the other paths of those that have any
   */
  default Map<String, List<String>> otherNames(Collection<String> paths) {
    return Map.of();
  }
}
