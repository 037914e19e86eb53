package org.ringfence.macos.launch;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import org.ringfence.macos.bind.Posix;

/**
 * The master's side of a pseudo-terminal, as two streams. It closes its descriptor once no thread
 * reads any more: opening it by a name would make another terminal on some systems.
 */
final class TerminalMaster implements Closeable {
  private final Posix posix;
  private final int fd;
  private boolean reading;
  private boolean closing;
  private boolean closed;

  TerminalMaster(Posix posix, int fd) {
    this.posix = posix;
    this.fd = fd;
  }

  private synchronized boolean begin() {
    if (closing) {
      return false;
    }
    reading = true;
    return true;
  }

  private synchronized void end(boolean atEnd) {
    reading = false;
    closing |= atEnd;
    closeUnread();
  }

  private void closeUnread() {
    if (closing && !reading && !closed) {
      closed = true;
      posix.close(fd);
    }
  }

  @Override
  public synchronized void close() {
    closing = true;
    closeUnread();
  }

  /** Returns the terminal's output. */
  InputStream shown() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) {
        if (length == 0) {
          return 0;
        }
        if (!begin()) {
          return -1;
        }
        byte[] bytes = new byte[length];
        int count = 0;
        try {
          count = posix.read(fd, bytes);
        } finally {
          end(count == 0);
        }
        System.arraycopy(bytes, 0, buffer, offset, count);
        return count == 0 ? -1 : count;
      }

      @Override
      public void close() {
        TerminalMaster.this.close();
      }
    };
  }

  /** Returns the terminal's input. */
  OutputStream typed() {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
      }

      @Override
      public void write(byte[] buffer, int offset, int length) throws IOException {
        byte[] rest = Arrays.copyOfRange(buffer, offset, offset + length);
        while (rest.length > 0) {
          synchronized (TerminalMaster.this) {
            if (closed) {
              throw new IOException("the terminal has gone");
            }
          }
          int count = posix.write(fd, rest);
          rest = Arrays.copyOfRange(rest, count, rest.length);
        }
      }
    };
  }
}
