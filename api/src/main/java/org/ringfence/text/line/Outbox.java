package org.ringfence.text.line;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * The lines for a peer, in order, and the thread that writes them. Bounded: what {@link #await}
 * adds waits for room, and with it the command that it comes from. Thread-safe.
 */
public final class Outbox implements AutoCloseable {
  /** Lines that wait for room stay below this: a command then waits for the peer. */
  private static final long ROOM = 1 << 20;

  /**
   * The thread that reads requests must not wait, or it would miss the end of the input. A peer
   * that leaves this much of what that thread adds unread is given up.
   */
  private static final long MOST_PUT = 16 << 20;

  private record Line(byte[] bytes, boolean put) {}

  private final Deque<Line> lines = new ArrayDeque<>();
  private final OutputStream out;
  private final Runnable onGone;
  private final Thread writer;
  private long bytes;
  private long putBytes;
  private boolean writing;
  private boolean ending;
  private boolean closed;

  /**
   * Creates a box and starts its thread.
   *
   * @param out what the peer reads
   * @param name the thread's name
   * @param onGone called once, on that thread, if a write fails
   */
  public Outbox(OutputStream out, String name, Runnable onGone) {
    this.out = out;
    this.onGone = onGone;
    writer = new Thread(this::write, name);
    writer.setDaemon(true);
    writer.start();
  }

  /**
   * Adds a line when there is room.
   *
   * @param line the line with its line feed
   * @throws IOException if the connection ends or has ended, or the thread is interrupted
   */
  public synchronized void await(byte[] line) throws IOException {
    while (bytes > 0 && bytes + line.length > ROOM && !closed) {
      if (ending) {
        throw new IOException("the peer left output unread until it ended the connection");
      }
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException();
      }
    }
    add(new Line(line, false));
  }

  /**
   * Adds a line without waiting.
   *
   * @param line the line with its line feed
   * @throws IOException if the connection has ended, or if 16 MiB of such lines are unread
   */
  public synchronized void put(byte[] line) throws IOException {
    if (putBytes + line.length > MOST_PUT) {
      throw new IOException("the peer sends requests and reads no answers");
    }
    add(new Line(line, true));
    putBytes += line.length;
  }

  private synchronized void add(Line line) throws IOException {
    if (closed) {
      throw new IOException("the connection is closed");
    }
    lines.add(line);
    bytes += line.bytes().length;
    notifyAll();
  }

  /** Ends the waits for room: a line that finds none is dropped from now on. */
  public synchronized void end() {
    ending = true;
    notifyAll();
  }

  private void write() {
    try {
      for (Line line = next(); line.bytes().length > 0; line = next()) {
        out.write(line.bytes());
        synchronized (this) {
          bytes -= line.bytes().length;
          putBytes -= line.put() ? line.bytes().length : 0;
          writing = false;
          notifyAll();
          if (!lines.isEmpty()) {
            continue;
          }
        }
        out.flush();
      }
    } catch (IOException | OutOfMemoryError e) {
      // A long line takes native memory to be written.
      close();
      onGone.run();
    } catch (InterruptedException e) {
      close();
    }
  }

  private synchronized Line next() throws InterruptedException {
    while (lines.isEmpty() && !closed) {
      wait();
    }
    writing = !lines.isEmpty();
    return lines.isEmpty() ? new Line(new byte[0], false) : lines.poll();
  }

  /**
   * Waits until all lines are written, if the peer reads them in time.
   *
   * @param millis the longest wait, in milliseconds
   */
  public synchronized void drain(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    try {
      while ((writing || !lines.isEmpty()) && !closed) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          return;
        }
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Returns whether the connection has ended.
   *
   * @return true after {@link #close} or a failed write
   */
  public synchronized boolean isClosed() {
    return closed;
  }

  /** Lets no line in or out any more, and ends the waits of others. */
  @Override
  public synchronized void close() {
    closed = true;
    lines.clear();
    bytes = 0;
    putBytes = 0;
    notifyAll();
  }
}
