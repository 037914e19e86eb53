package org.ringfence.linux.plan;

/**
 * What bubblewrap can do here, found by trying.
 *
 * @param path the program
 * @param version its version
 * @param ownProcesses whether a procfs of the sandbox's own can be mounted; containers that hide
 *     parts of theirs forbid it
 * @param setuid whether the program is setuid, which it cannot use under no_new_privs
 */
public record BubblewrapFeatures(
    String path, String version, boolean ownProcesses, boolean setuid) {
  /** What {@code explain} compiles for. */
  public static final BubblewrapFeatures ASSUMED =
      new BubblewrapFeatures("/usr/bin/bwrap", "0.8.0", true, false);
}
