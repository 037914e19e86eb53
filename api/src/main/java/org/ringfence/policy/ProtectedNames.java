package org.ringfence.policy;

/**
 * The protection of names inside writable roots that would turn a later start of a tool into an
 * escape.
 */
public enum ProtectedNames {
  /** Nothing is protected. */
  OFF,
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
    return this == HOOKS_AND_CONFIG || this == TRACKED;
  }
}
