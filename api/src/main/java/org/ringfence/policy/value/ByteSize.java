package org.ringfence.policy.value;

/**
 * An amount of memory, of a file or of output.
 *
 * @param bytes the number of bytes, above 0
 */
public record ByteSize(long bytes) {
  private static final long UNIT = 1024;

  /** Checks the number. */
  public ByteSize {
    if (bytes <= 0) {
      throw new InvalidPolicyException("size", Long.toString(bytes), "a number above 0");
    }
  }

  /**
   * Returns a size in units of 1024 bytes.
   *
   * @param count the number of units
   * @return the size
   */
  public static ByteSize ofKiB(long count) {
    return times(count, UNIT);
  }

  /**
   * Returns a size in units of 1024² bytes.
   *
   * @param count the number of units
   * @return the size
   */
  public static ByteSize ofMiB(long count) {
    return times(count, UNIT * UNIT);
  }

  /**
   * Returns a size in units of 1024³ bytes.
   *
   * @param count the number of units
   * @return the size
   */
  public static ByteSize ofGiB(long count) {
    return times(count, UNIT * UNIT * UNIT);
  }

  private static ByteSize times(long count, long unit) {
    if (count > Long.MAX_VALUE / unit) {
      throw new InvalidPolicyException("size", Long.toString(count), "a smaller number");
    }
    return new ByteSize(count * unit);
  }
}
