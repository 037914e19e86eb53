package org.ringfence.policy;

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
}
