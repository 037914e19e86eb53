package org.ringfence.linux.plan;

import java.util.Optional;

/**
 * What bubblewrap can do here, found by trying.
 *
 * @param path the program
 * @param version its version
 * @param ownProcesses whether a procfs of the sandbox's own can be mounted; containers that hide
 *     parts of theirs forbid it
 * @param setuid whether the program is setuid, which it cannot use under no_new_privs
 * @param shell a bash that opens sockets in a network namespace; empty when none does, or when none
 *     is wanted
 * @param loopbackProblem why there is none; empty when there is
 */
public record BubblewrapFeatures(
    String path,
    String version,
    boolean ownProcesses,
    boolean setuid,
    Optional<String> shell,
    String loopbackProblem) {
  /** What {@code explain} compiles for. */
  public static final BubblewrapFeatures ASSUMED =
      new BubblewrapFeatures("/usr/bin/bwrap", "0.8.0", true, false);

  /**
   * Without a shell.
   *
   * @param path the program
   * @param version its version
   * @param ownProcesses whether a procfs of the sandbox's own can be mounted
   * @param setuid whether the program is setuid
   */
  public BubblewrapFeatures(String path, String version, boolean ownProcesses, boolean setuid) {
    this(path, version, ownProcesses, setuid, Optional.empty(), "no shell was looked for");
  }

  /**
   * The same, with what was found of a loopback of the sandbox's own.
   *
   * @param found the shell that opens sockets, or why there is none
   * @return the features
   */
  public BubblewrapFeatures with(OwnLoopbackShell found) {
    return new BubblewrapFeatures(
        path, version, ownProcesses, setuid, found.shell(), found.problem());
  }

  /**
   * By what a sandbox can have a loopback of its own.
   *
   * @param shell a bash that opens sockets in a network namespace, or nothing
   * @param problem why there is none; empty when there is
   */
  public record OwnLoopbackShell(Optional<String> shell, String problem) {}
}
