package org.ringfence.policy;

/** The access to a path without a rule. */
public enum FileDefault {
  /** Commands may read everything and write nothing. */
  READ,
  /** Commands may read only the files that a process needs to start. */
  MINIMAL,
  /** Commands may write everything; used by {@code danger-full-access} alone. */
  WRITE
}
