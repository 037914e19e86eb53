package org.ringfence.policy;

/** The directory of a command's temporary files. */
public enum TmpPolicy {
  /** A private directory, named by {@code TMPDIR}; the sandbox removes it when it closes. */
  PRIVATE,
  /** The system's temporary directory, shared with every other program of the user. */
  SHARED,
  /** None: no temporary directory is granted. */
  NONE
}
