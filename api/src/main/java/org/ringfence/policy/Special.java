package org.ringfence.policy;

import java.util.Locale;

/** A place that a policy names independently of a machine. */
public enum Special {
  /** The directory that the sandbox was opened for. */
  WORKSPACE,
  /** The directory for temporary files. */
  TMP,
  /** The user's home directory. */
  HOME,
  /** Files that nearly every program reads: system libraries, programs, certificates. Read-only. */
  MINIMAL,
  /** The JDK that runs Ringfence. */
  JAVA_HOME,
  /** Shared memory. */
  SHM;

  /**
   * Returns its name in policies.
   *
   * @return such as {@code :java-home}
   */
  public String text() {
    return ":" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns a path below it.
   *
   * @param path a relative path with slashes
   * @return such as {@code :home/.m2}
   */
  public String resolve(String path) {
    return text() + "/" + path;
  }
}
