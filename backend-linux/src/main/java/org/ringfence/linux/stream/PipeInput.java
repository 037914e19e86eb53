package org.ringfence.linux.stream;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.ringfence.linux.path.PathObject;

/**
 * The read end of a pipe. A plain FileInputStream asks for positions, which a pipe does not have.
 */
public final class PipeInput extends InputStream {
  private final FileInputStream file;

  /** Opens the pipe behind a descriptor again, so that the descriptor can be closed. */
  public PipeInput(int descriptor) throws IOException {
    this.file = new FileInputStream(PathObject.own(descriptor));
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
