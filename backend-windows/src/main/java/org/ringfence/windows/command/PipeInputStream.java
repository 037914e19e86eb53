package org.ringfence.windows.command;

import java.io.IOException;
import java.io.InputStream;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;

/** Reads the bytes that a process writes. Thread-safe. */
public final class PipeInputStream extends InputStream {
  private final Processes processes;
  private final Handle pipe;
  private boolean reading;
  private boolean closed;

  public PipeInputStream(Processes processes, Handle pipe) {
    this.processes = processes;
    this.pipe = pipe;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    java.util.Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    synchronized (this) {
      if (closed) {
        throw new IOException("the stream is closed");
      }
      reading = true;
    }
    try {
      int count;
      do {
        // An empty write is no end.
        count = processes.read(pipe, buffer, offset, length);
      } while (count == 0);
      return count;
    } catch (WindowsCallException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      synchronized (this) {
        reading = false;
        if (closed) {
          pipe.close();
        }
      }
    }
  }

  @Override
  public int available() throws IOException {
    synchronized (this) {
      if (closed) {
        return 0;
      }
      try {
        return processes.available(pipe);
      } catch (WindowsCallException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      // While a read waits, the handle's number must not pass to another object.
      if (!reading) {
        pipe.close();
      }
    }
  }
}
