package org.ringfence.policy.path;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Resolves the names of a policy to real paths: on this machine, on another, or nowhere. */
public interface PathLookup {
  /** Looks at nothing: every path is real, and exists. */
  PathLookup NONE = new OfflineLookup();

  /** Looks at this machine. */
  PathLookup HOST = new HostLookup();

  /**
   * Returns the real path of a name: links resolved as far as the name exists, the rest kept.
   *
   * @param path an absolute path
   * @return the real path
   */
  String real(String path);

  /**
   * Returns the symbolic links on the way of a path, the last component included.
   *
   * @param path an absolute path
   * @return link to target, in the order of the way
   */
  Map<String, String> linksOn(String path);

  /**
   * Returns whether an object exists, even a dangling link.
   *
   * @param path an absolute path
   * @return true if one exists
   */
  boolean exists(String path);

  /**
   * Returns a look-up for many paths at about one time: it may look at each directory once.
   *
   * @return a look-up that is not thread-safe, and is used once
   */
  default PathLookup forMany() {
    return this;
  }

  /**
   * Returns whether a path has a socket or nothing.
   *
   * @param path a real path
   * @return false if something else lies there
   */
  default boolean mayBeSocket(String path) {
    return true;
  }

  /**
   * Returns whether a program of this user could replace the object at a path, or create a missing
   * one.
   *
   * @param path a real path
   * @return false only if another user alone could
   */
  default boolean replaceable(String path) {
    return true;
  }

  /**
   * Returns whether the system's own permissions let this user write an object, or add and remove
   * its name.
   *
   * @param path a real path, which need not exist
   * @param name whether it is about the name
   * @return false only if the system denies it
   */
  default boolean mayWrite(String path, boolean name) {
    return true;
  }

  /**
   * Returns other paths by which mounts show the objects at paths, parts of them, or mounts below
   * them.
   *
   * @param paths real paths, which need not exist
   * @return the other paths of those that have any
   */
  default Map<String, List<String>> otherNames(Collection<String> paths) {
    return Map.of();
  }

  /**
   * Returns the mounts that find an object by other names than its own.
   *
   * @return the mounts; none where names are compared exactly, or as the path's style compares them
   */
  default LooseMounts looseMounts() {
    return LooseMounts.NONE;
  }

  /**
   * Returns directories that find an entry by another spelling of its name, where the mounts do not
   * show it: those on the way of paths whose next name, and those at the paths with an entry that
   * is found by another spelling, too.
   *
   * @param paths real paths, which need not exist
   * @return the real paths of the directories
   */
  default Set<String> foldingDirectories(Collection<String> paths) {
    return Set.of();
  }
}
