package org.ringfence.wsl2.channel;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A stream whose bytes go to the other side, no more at a time than it has room for. Thread-safe.
 */
public final class SentStream extends OutputStream {
  private final GuestChannel channel;
  private final int command;
  private final int stream;
  private int room = GuestChannel.WINDOW;
  private boolean closed;

  /**
   * Makes a stream.
   *
   * @param channel the destination of its bytes
   * @param command the command
   * @param stream 0, 1 or 2
   */
  public SentStream(GuestChannel channel, int command, int stream) {
    this.channel = channel;
    this.command = command;
    this.stream = stream;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] buffer, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int part = taken(length - done);
      channel.send(command, stream, buffer, offset + done, part);
      done += part;
    }
  }

  private synchronized int taken(int wanted) throws IOException {
    try {
      while (room == 0 && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the other side has no room", e);
    }
    if (closed) {
      throw new IOException("the stream is closed");
    }
    int part = Math.min(wanted, room);
    room -= part;
    return part;
  }

  /**
   * Adds room that the other side has reported.
   *
   * @param bytes the number of further bytes
   */
  public synchronized void more(int bytes) {
    room += bytes;
    notifyAll();
  }

  /** Ends the stream because no process takes its bytes any more. */
  public synchronized void abandon() {
    closed = true;
    notifyAll();
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      notifyAll();
    }
    channel.send(command, stream, new byte[0], 0, 0);
  }
}
