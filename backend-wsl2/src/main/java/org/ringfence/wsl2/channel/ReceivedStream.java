package org.ringfence.wsl2.channel;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import org.ringfence.wsl2.channel.message.GuestMessage;

/** A stream whose bytes come from the other side. It reports room for more to that side. */
public final class ReceivedStream extends InputStream {
  private static final int TELL_AFTER = GuestChannel.WINDOW / 4;

  private final GuestChannel channel;
  private final int command;
  private final int stream;
  private final Deque<byte[]> waiting = new ArrayDeque<>();
  private byte[] current = {};
  private int position;
  private int untold;
  private boolean ended;
  private boolean closed;

  /**
   * Makes a stream.
   *
   * @param channel the source of its bytes
   * @param command the command
   * @param stream 0, 1 or 2
   */
  public ReceivedStream(GuestChannel channel, int command, int stream) {
    this.channel = channel;
    this.command = command;
    this.stream = stream;
  }

  /**
   * Adds bytes that have come.
   *
   * @param bytes the bytes; none at the end
   * @throws IOException if the report to the other side fails
   */
  public void put(byte[] bytes) throws IOException {
    boolean dropped;
    synchronized (this) {
      dropped = closed;
      if (bytes.length == 0) {
        ended = true;
      } else if (!dropped) {
        waiting.add(bytes);
      }
      notifyAll();
    }
    if (dropped && bytes.length > 0) {
      // No thread reads; the writer must not wait for that.
      channel.send(new GuestMessage.Credit(command, stream, bytes.length));
    }
  }

  /** Ends the stream. */
  public synchronized void end() {
    ended = true;
    notifyAll();
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
    int count;
    int tell = 0;
    synchronized (this) {
      if (!available(true)) {
        return -1;
      }
      count = Math.min(length, current.length - position);
      System.arraycopy(current, position, buffer, offset, count);
      position += count;
      untold += count;
      if (untold >= TELL_AFTER || waiting.isEmpty() && position == current.length) {
        tell = untold;
        untold = 0;
      }
    }
    if (tell > 0 && !hasEnded()) {
      channel.send(new GuestMessage.Credit(command, stream, tell));
    }
    return count;
  }

  private synchronized boolean hasEnded() {
    return ended;
  }

  /** Returns whether there is a byte to read. */
  private boolean available(boolean patient) throws IOException {
    try {
      while (position == current.length && waiting.isEmpty() && !ended && !closed && patient) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new java.io.InterruptedIOException("interrupted while reading");
    }
    if (closed) {
      throw new IOException("the stream is closed");
    }
    if (position == current.length && !waiting.isEmpty()) {
      current = waiting.remove();
      position = 0;
    }
    return position < current.length;
  }

  @Override
  public synchronized int available() throws IOException {
    if (!available(false)) {
      return 0;
    }
    return unread();
  }

  private int unread() {
    return current.length - position + waiting.stream().mapToInt(bytes -> bytes.length).sum();
  }

  @Override
  public void close() throws IOException {
    int tell;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      tell = ended ? 0 : unread() + untold;
      waiting.clear();
      position = current.length;
      notifyAll();
    }
    if (tell > 0) {
      channel.send(new GuestMessage.Credit(command, stream, tell));
    }
  }
}
