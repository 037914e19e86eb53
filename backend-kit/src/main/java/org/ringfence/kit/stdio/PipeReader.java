package org.ringfence.kit.stdio;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The read end of a pipe. A plain FileInputStream asks for positions, which a pipe does not have.
 */
public final class PipeReader extends InputStream {
  private final FileInputStream file;

  /**
   * Opens the pipe behind a descriptor again, so that the descriptor can be closed.
   *
   * @param descriptor the path that names the descriptor, such as {@code /dev/fd/5}
   * @throws IOException if it cannot be opened
   */
  public PipeReader(String descriptor) throws IOException {
    this.file = new FileInputStream(descriptor);
  }

  @Override
  public int read() throws IOException {
    return file.read();
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    return file.read(buffer, offset, length);
  }

  @Override
  public int available() throws IOException {
    return file.available();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
