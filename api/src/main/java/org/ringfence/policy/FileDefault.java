package org.ringfence.policy;

/** What holds for a path that no rule speaks of. */
public enum FileDefault {
  /** Everything may be read, nothing written. */
  READ,
  /** Only what a process needs to start may be read. */
  MINIMAL,
  /** Everything may be written; used by {@code danger-full-access} alone. */
  WRITE
}
