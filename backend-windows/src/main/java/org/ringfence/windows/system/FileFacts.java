package org.ringfence.windows.system;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The file system's facts about a file or a directory.
 *
 * @param finalPath its path without links, in the form {@code C:\...}
 * @param volumeSerial the serial number of its volume
 * @param fileId its number on the volume, in hexadecimal
 * @param links the number of its names
 * @param attributes {@code FILE_ATTRIBUTE_*}
 */
public record FileFacts(
    String finalPath, long volumeSerial, String fileId, int links, int attributes) {
  /**
   * Which file of which volume.
   *
   * @param volumeSerial the serial number of the volume
   * @param fileId the file's number on the volume, in hexadecimal
   */
  public record Identity(long volumeSerial, String fileId) {
    /** The size of {@code FILE_ID_INFO}: 64 bits of the volume, 128 of the file. */
    public static final int INFO_BYTES = 24;

    /**
     * Reads the numbers of a file. On ReFS and Dev Drives the 64-bit index is not unique
     * (Microsoft, "BY_HANDLE_FILE_INFORMATION"), and the number has 128 bits; on NTFS its upper
     * half is 0, and the lower one is the index.
     *
     * @param serial {@code dwVolumeSerialNumber}
     * @param index the 64-bit index
     * @param info {@code FILE_ID_INFO}; empty where the file system has none
     * @return the identity
     */
    public static Identity of(int serial, long index, Optional<byte[]> info) {
      if (info.isPresent()) {
        ByteBuffer numbers = ByteBuffer.wrap(info.get()).order(ByteOrder.LITTLE_ENDIAN);
        long upper = numbers.getLong(16);
        if (upper != 0) {
          return new Identity(
              numbers.getLong(0), String.format("%016x%016x", upper, numbers.getLong(8)));
        }
      }
      return new Identity(Integer.toUnsignedLong(serial), String.format("%016x", index));
    }
  }

  /** {@code FILE_ATTRIBUTE_DIRECTORY}. */
  public static final int DIRECTORY = 0x10;

  /** {@code FILE_ATTRIBUTE_REPARSE_POINT}. */
  public static final int REPARSE_POINT = 0x400;

  /** {@code FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS}: the content is in a cloud. */
  public static final int RECALL_ON_DATA_ACCESS = 0x400000;

  /**
   * Returns whether it is a directory.
   *
   * @return true if it is
   */
  public boolean directory() {
    return (attributes & DIRECTORY) != 0;
  }

  /**
   * Returns whether it is a link of some kind.
   *
   * @return true if it is
   */
  public boolean reparsePoint() {
    return (attributes & REPARSE_POINT) != 0;
  }
}
