package org.ringfence.windows.system;

/** A file of the fake Windows. */
public final class FakeFile {
  public String path;
  public byte[] descriptor;
  public int links = 1;
  public int attributes = FileFacts.DIRECTORY;
  public long id;

  /** The upper half of the number, which ReFS uses. */
  public long upperId;
}
