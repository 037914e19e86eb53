package org.ringfence.windows.system;

/** Files and the volumes that they lie on. */
public interface Files {
  /**
   * Opens a file or a directory for its security descriptor.
   *
   * @param path an absolute path
   * @param changing whether the caller will change the list ({@code WRITE_DAC})
   * @return the file itself, even when it is a link
   * @throws WindowsCallException if it cannot be opened
   */
  Handle open(String path, boolean changing) throws WindowsCallException;

  /**
   * Opens a file or directory to change its owner, without following a link.
   *
   * @param path an absolute path
   * @return the file
   * @throws WindowsCallException if it cannot be opened
   */
  Handle openOwned(String path) throws WindowsCallException;

  /**
   * Opens a file to change its list, by its number, wherever it lies on its volume.
   *
   * @param volume the mount point of the volume
   * @param fileId the number, as {@link FileFacts#fileId()} tells it
   * @return the file itself, even when it is a link
   * @throws WindowsCallException if it cannot be opened; {@code ERROR_INVALID_PARAMETER} if no file
   *     has the number
   */
  Handle openMoved(String volume, String fileId) throws WindowsCallException;

  /**
   * Reads the file system's facts.
   *
   * @param file the file
   * @return the facts
   * @throws WindowsCallException if they cannot be read
   */
  FileFacts facts(Handle file) throws WindowsCallException;

  /**
   * Returns the volume of a path.
   *
   * @param path an absolute path without links
   * @return the volume
   * @throws WindowsCallException if there is none
   */
  VolumeFacts volume(String path) throws WindowsCallException;

  /**
   * Opens a file that a command reads or writes as a standard stream; the handle is inherited.
   *
   * @param path an absolute path
   * @param writing whether the command writes it; a missing file is made
   * @param appending whether written bytes go to its end
   * @return the file
   * @throws WindowsCallException if it cannot be opened
   */
  Handle openStream(String path, boolean writing, boolean appending) throws WindowsCallException;
}
