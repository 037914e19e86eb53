package org.ringfence.policy;

/**
 * The protection of names inside writable roots that would turn a later start of a tool into an
 * escape.
 */
public enum ProtectedNames {
  /** Nothing is protected. */
  OFF,
  /**
   * Names that exist when the sandbox opens stay as they are: read-only mounts hold them, and no
   * name is decided while a command runs. Protected names that a command makes are found at its
   * end, reported, and moved out of the tree before its result. With {@code bubblewrap} on Linux;
   * where a system holds {@link #HOOKS_AND_CONFIG} at no cost, the same as that level.
   */
  EXISTING,
  /** Like {@link #EXISTING}, but found names are reported and stay where they are. */
  EXISTING_REPORT,
  /**
   * Like {@link #HOOKS_AND_CONFIG}, but commands may change and remove the protected files that the
   * repositories in writable roots track when the sandbox opens, so that a checkout, a merge or a
   * rebase completes where such a file differs between branches. Any command may, with any content.
   * Names of git, of Ringfence and of home directories stay protected. On Linux; elsewhere the same
   * as that level.
   */
  TRACKED,
  /**
   * Hooks, tool, editor and agent configuration; commits, branches, rebases and stashes keep
   * working. Commands cannot create or replace a repository.
   */
  HOOKS_AND_CONFIG,
  /** As before, and all of {@code .git}. */
  READ_ONLY;

  /**
   * Returns whether git's own changes of configuration and repositories are judged by their
   * content.
   *
   * @return true for the levels at which git keeps working
   */
  public boolean guardsGit() {
    return this != OFF && this != READ_ONLY;
  }

  /**
   * Returns whether names that commands make may be left to a search at their end.
   *
   * @return true for {@link #EXISTING} and {@link #EXISTING_REPORT}
   */
  public boolean findsAtEnd() {
    return this == EXISTING || this == EXISTING_REPORT;
  }
}
