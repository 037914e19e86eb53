package org.ringfence.policy;

import java.util.Locale;

/**
 * The access that a file rule grants. The constants are ordered from strictest to most permissive.
 */
public enum Access {
  /** Neither read nor write: the path is denied. */
  NONE,
  /** Read, list and execute. */
  READ,
  /** Everything {@link #READ} gives, and create, change, rename and delete. */
  WRITE;

  /**
   * Says whether this access is enough for an operation.
   *
   * @param operation the operation
   * @return true if it is granted
   */
  public boolean permits(Operation operation) {
    return operation == Operation.READ ? this != NONE : this == WRITE;
  }

  /**
   * Returns the word used in policy files.
   *
   * @return {@code none}, {@code read} or {@code write}
   */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
