package org.ringfence.windows.system;

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
