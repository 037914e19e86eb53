package org.ringfence.windows.bind;

import com.sun.jna.Structure.FieldOrder;

/** {@code BY_HANDLE_FILE_INFORMATION} of {@code fileapi.h}; a time is two numbers. */
@FieldOrder({
  "fileAttributes",
  "creationTime",
  "lastAccessTime",
  "lastWriteTime",
  "volumeSerialNumber",
  "fileSizeHigh",
  "fileSizeLow",
  "numberOfLinks",
  "fileIndexHigh",
  "fileIndexLow"
})
public final class ByHandleFileInformation extends Win32Structure {
  /** {@code FILE_ATTRIBUTE_*}. */
  public int fileAttributes;

  /** When the file was created. */
  public int[] creationTime = new int[2];

  /** When the file was last read. */
  public int[] lastAccessTime = new int[2];

  /** When the file was last written. */
  public int[] lastWriteTime = new int[2];

  /** The volume's serial number. */
  public int volumeSerialNumber;

  /** Upper half of the size. */
  public int fileSizeHigh;

  /** Lower half of the size. */
  public int fileSizeLow;

  /** The number of the file's names. */
  public int numberOfLinks;

  /** Upper half of its number on the volume. */
  public int fileIndexHigh;

  /** Lower half of its number on the volume. */
  public int fileIndexLow;
}
