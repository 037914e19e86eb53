package org.ringfence.windows.acl;

/** Bits of an access mask ({@code winnt.h}; [MS-DTYP] 2.4.3). */
public final class AccessMask {
  /** {@code FILE_READ_DATA}, {@code FILE_LIST_DIRECTORY}. */
  public static final int READ_DATA = 0x1;

  /** {@code FILE_WRITE_DATA}, {@code FILE_ADD_FILE}. */
  public static final int WRITE_DATA = 0x2;

  /** {@code FILE_APPEND_DATA}, {@code FILE_ADD_SUBDIRECTORY}. */
  public static final int APPEND_DATA = 0x4;

  /** {@code FILE_WRITE_EA}. */
  public static final int WRITE_EA = 0x10;

  /** {@code FILE_DELETE_CHILD}: permits deleting children, whatever their own lists say. */
  public static final int DELETE_CHILD = 0x40;

  /** {@code FILE_READ_ATTRIBUTES}. */
  public static final int READ_ATTRIBUTES = 0x80;

  /** {@code FILE_WRITE_ATTRIBUTES}. */
  public static final int WRITE_ATTRIBUTES = 0x100;

  /** {@code DELETE}. */
  public static final int DELETE = 0x10000;

  /** {@code READ_CONTROL}. */
  public static final int READ_CONTROL = 0x20000;

  /** {@code WRITE_DAC}. */
  public static final int WRITE_DAC = 0x40000;

  /** {@code WRITE_OWNER}. */
  public static final int WRITE_OWNER = 0x80000;

  /** {@code SYNCHRONIZE}. */
  public static final int SYNCHRONIZE = 0x100000;

  /** {@code ACCESS_SYSTEM_SECURITY}. */
  public static final int ACCESS_SYSTEM_SECURITY = 0x1000000;

  /** {@code MAXIMUM_ALLOWED}. */
  public static final int MAXIMUM_ALLOWED = 0x2000000;

  /** {@code GENERIC_ALL}. */
  public static final int GENERIC_ALL = 0x10000000;

  /** {@code GENERIC_EXECUTE}. */
  public static final int GENERIC_EXECUTE = 0x20000000;

  /** {@code GENERIC_WRITE}. */
  public static final int GENERIC_WRITE = 0x40000000;

  /** {@code GENERIC_READ}. */
  public static final int GENERIC_READ = 0x80000000;

  /** The "Modify" rights: read, write, execute and delete, but neither children nor permissions. */
  public static final int MODIFY = 0x1301bf;

  /**
   * The "Read and execute" rights: {@code FILE_GENERIC_READ} and {@code FILE_GENERIC_EXECUTE}. None
   * of them changes a file.
   */
  public static final int READING = 0x1200a9;

  /**
   * The rights that a protected place denies: to write, delete and delete below. Neither {@code
   * SYNCHRONIZE} nor {@code READ_CONTROL}, which opening for reading requests as well.
   */
  public static final int CHANGES = 0x10156;

  /**
   * The rights of looking at a directory without listing it: {@code FILE_READ_ATTRIBUTES}, {@code
   * FILE_READ_EA}, {@code READ_CONTROL} and {@code SYNCHRONIZE}. {@code lstat} asks for them.
   */
  public static final int LOOKING = 0x120088;

  private AccessMask() {}
}
