package org.ringfence.policy;

/** Where a command puts its temporary files. */
public enum TmpPolicy {
  /** A directory of the sandbox's own, named by {@code TMPDIR}, removed when the sandbox closes. */
  PRIVATE,
  /** The system's temporary directory, shared with every other program of the user. */
  SHARED,
  /** None: no temporary directory is granted. */
  NONE
}
