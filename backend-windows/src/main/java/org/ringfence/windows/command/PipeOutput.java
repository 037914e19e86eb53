package org.ringfence.windows.command;

import java.io.IOException;
import java.io.OutputStream;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;

/** Writes the bytes that a process reads. Thread-safe. */
public final class PipeOutput extends OutputStream {
  private final Processes processes;
  private final Handle pipe;
  private boolean closed;

  public PipeOutput(Processes processes, Handle pipe) {
    this.processes = processes;
    this.pipe = pipe;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] buffer, int offset, int length) throws IOException {
    java.util.Objects.checkFromIndexSize(offset, length, buffer.length);
    if (closed) {
      throw new IOException("the stream is closed");
    }
    try {
      processes.write(pipe, buffer, offset, length);
    } catch (WindowsCallException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    pipe.close();
  }
}
