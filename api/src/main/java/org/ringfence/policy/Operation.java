package org.ringfence.policy;

/** A file operation that a policy distinguishes. */
public enum Operation {
  /** Open for reading, list a directory, execute. */
  READ,
  /** Create, change content or metadata, rename, delete. */
  WRITE
}
