package org.ringfence.linux.plan;

import java.util.Optional;

/**
 * The features of bubblewrap on this machine, found by trying.
 *
 * @param path the program
 * @param version its version
 * @param ownProcesses whether the sandbox can mount its own procfs; containers that hide parts of
 *     theirs forbid it
 * @param setuid whether the program is setuid, which it cannot use under no_new_privs
 * @param shell a bash that opens sockets in a network namespace; empty if none does, or none is
 *     needed
 * @param loopbackProblem why there is none; empty when there is
 */
public record BubblewrapFeatures(
    String path,
    String version,
    boolean ownProcesses,
    boolean setuid,
    Optional<String> shell,
    String loopbackProblem) {
  /** The features that {@code explain} assumes. */
  public static final BubblewrapFeatures ASSUMED =
      new BubblewrapFeatures("/usr/bin/bwrap", "0.8.0", true, false);

  /**
   * Makes features without a shell.
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
   * Returns the same features with the findings on a private loopback.
   *
   * @param found the shell that opens sockets, or why there is none
   * @return the features
   */
  public BubblewrapFeatures with(OwnLoopbackShell found) {
    return new BubblewrapFeatures(
        path, version, ownProcesses, setuid, found.shell(), found.problem());
  }

  /**
   * The means of a private loopback for a sandbox.
   *
   * @param shell a bash that opens sockets in a network namespace, or nothing
   * @param problem why there is none; empty when there is
   */
  public record OwnLoopbackShell(Optional<String> shell, String problem) {}
}
