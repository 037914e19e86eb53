package org.ringfence.windows.acl;

/**
 * The meaning of the generic rights for a type of object ({@code GENERIC_MAPPING} of {@code
 * winnt.h}).
 *
 * @param read the rights of {@code GENERIC_READ}
 * @param write the rights of {@code GENERIC_WRITE}
 * @param execute the rights of {@code GENERIC_EXECUTE}
 * @param all the rights of {@code GENERIC_ALL}
 */
public record GenericMapping(int read, int write, int execute, int all) {
  /** Files and directories. */
  public static final GenericMapping FILE =
      new GenericMapping(0x120089, 0x120116, 0x1200a0, 0x1f01ff);

  /** Registry keys. */
  public static final GenericMapping KEY = new GenericMapping(0x20019, 0x20006, 0x20019, 0xf003f);

  /** Processes. */
  public static final GenericMapping PROCESS =
      new GenericMapping(0x20410, 0x20bea, 0x121001, 0x1fffff);

  /** Access tokens: {@code TOKEN_READ}, {@code TOKEN_WRITE} and so on of winnt.h. */
  public static final GenericMapping TOKEN = new GenericMapping(0x20008, 0x200e0, 0x20000, 0xf01ff);

  /** Directories of named objects: {@code DIRECTORY_QUERY} and so on of the driver kit. */
  public static final GenericMapping DIRECTORY_OBJECT =
      new GenericMapping(0x20003, 0x2000c, 0x20003, 0xf000f);

  private static final GenericMapping STANDARD =
      new GenericMapping(0x20000, 0x10d0000, 0x100000, 0x11f0000);

  /**
   * Replaces generic rights with specific ones.
   *
   * @param mask a mask
   * @return the mask without generic bits
   */
  public int map(int mask) {
    int mapped =
        mask
            & ~(AccessMask.GENERIC_READ
                | AccessMask.GENERIC_WRITE
                | AccessMask.GENERIC_EXECUTE
                | AccessMask.GENERIC_ALL);
    mapped |= (mask & AccessMask.GENERIC_READ) != 0 ? read : 0;
    mapped |= (mask & AccessMask.GENERIC_WRITE) != 0 ? write : 0;
    mapped |= (mask & AccessMask.GENERIC_EXECUTE) != 0 ? execute : 0;
    mapped |= (mask & AccessMask.GENERIC_ALL) != 0 ? all : 0;
    return mapped;
  }

  /**
   * Returns the rights that a write-restricted token is checked for twice: those that writing
   * grants and neither reading nor executing does. {@code FILE_DELETE_CHILD} is none of them.
   *
   * @return a mask
   */
  public int writeBits() {
    return only(STANDARD) | only(this);
  }

  private static int only(GenericMapping mapping) {
    return mapping.write & ~(mapping.read | mapping.execute);
  }
}
