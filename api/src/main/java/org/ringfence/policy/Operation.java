package org.ringfence.policy;

/** A file operation, as a policy tells them apart. */
public enum Operation {
  /** Open for reading, list a directory, execute. */
  READ,
  /** Create, change content or metadata, rename, delete. */
  WRITE
}
