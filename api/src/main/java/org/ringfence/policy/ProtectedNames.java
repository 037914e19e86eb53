package org.ringfence.policy;

/**
 * The protection of names inside writable roots that would turn a later start of a tool into an
 * escape.
 */
public enum ProtectedNames {
  /** Nothing is protected. */
  OFF,
  /**
   * Hooks, tool, editor and agent configuration; commits, branches, rebases and stashes keep
   * working. Commands cannot create or replace a repository.
   */
  HOOKS_AND_CONFIG,
  /** As before, and all of {@code .git}. */
  READ_ONLY
}
