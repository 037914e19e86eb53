package org.ringfence.linux.plan;

/**
 * The rights that a Landlock ABI version handles. Source: {@code linux/landlock.h} and the kernel's
 * userspace-api documentation of Landlock.
 *
 * @param version from {@code landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)}; 0
 *     when the kernel has no Landlock
 */
public record LandlockAbi(int version) {
  /** {@code LANDLOCK_ACCESS_FS_EXECUTE}. */
  public static final long EXECUTE = 1;

  /** {@code LANDLOCK_ACCESS_FS_WRITE_FILE}. */
  public static final long WRITE_FILE = 1 << 1;

  /** {@code LANDLOCK_ACCESS_FS_READ_FILE}. */
  public static final long READ_FILE = 1 << 2;

  /** {@code LANDLOCK_ACCESS_FS_READ_DIR}. */
  public static final long READ_DIR = 1 << 3;

  /** {@code LANDLOCK_ACCESS_FS_REFER}, ABI 2. */
  public static final long REFER = 1 << 13;

  /** {@code LANDLOCK_ACCESS_FS_TRUNCATE}, ABI 3. */
  public static final long TRUNCATE = 1 << 14;

  /** {@code LANDLOCK_ACCESS_FS_IOCTL_DEV}, ABI 5. */
  public static final long IOCTL_DEV = 1 << 15;

  /** {@code LANDLOCK_ACCESS_FS_RESOLVE_UNIX}, ABI 9. */
  public static final long RESOLVE_UNIX = 1 << 16;

  /** {@code LANDLOCK_ACCESS_FS_REMOVE_DIR} to {@code LANDLOCK_ACCESS_FS_MAKE_SYM}. */
  private static final long REMOVE_AND_MAKE = 0x1ff0;

  /** {@code LANDLOCK_ACCESS_FS_MAKE_CHAR} and {@code LANDLOCK_ACCESS_FS_MAKE_BLOCK}. */
  private static final long MAKE_DEVICES = 1 << 6 | 1 << 11;

  /** {@code LANDLOCK_ACCESS_NET_BIND_TCP} and {@code LANDLOCK_ACCESS_NET_CONNECT_TCP}, ABI 4. */
  public static final long TCP = 3;

  /** {@code LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET}, ABI 6. */
  public static final long SCOPE_ABSTRACT_UNIX = 1;

  /** {@code LANDLOCK_SCOPE_SIGNAL}, ABI 6. */
  public static final long SCOPE_SIGNAL = 2;

  /** Rights that a rule may give on a non-directory. */
  public static final long FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;

  /**
   * Returns the rights that reading needs.
   *
   * @return the access mask
   */
  public long read() {
    return EXECUTE | READ_FILE | READ_DIR;
  }

  /**
   * Returns the rights that a ruleset handles to deny writing.
   *
   * @return the access mask
   */
  public long write() {
    return WRITE_FILE
        | REMOVE_AND_MAKE
        | (version >= 2 ? REFER : 0)
        | (handlesTruncation() ? TRUNCATE : 0)
        | (version >= 5 ? IOCTL_DEV : 0);
  }

  /**
   * Returns the rights that a writable root gets: all of {@link #write()} except making device
   * nodes.
   *
   * @return the access mask
   */
  public long writeGranted() {
    return write() & ~MAKE_DEVICES;
  }

  /**
   * Returns whether this version handles truncation.
   *
   * @return true from ABI 3 on
   */
  public boolean handlesTruncation() {
    return version >= 3;
  }

  /**
   * Returns whether this version handles TCP bind and connect.
   *
   * @return true from ABI 4 on
   */
  public boolean handlesTcp() {
    return version >= 4;
  }

  /**
   * Returns whether this version handles the names of unix sockets outside.
   *
   * @return true from ABI 9 on
   */
  public boolean handlesUnixNames() {
    return version >= 9;
  }

  /**
   * Returns whether this version scopes signals and abstract unix sockets.
   *
   * @return true from ABI 6 on
   */
  public boolean scopes() {
    return version >= 6;
  }
}
