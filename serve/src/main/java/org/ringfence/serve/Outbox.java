package org.ringfence.serve;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * The lines for the host, in order, and the thread that writes them. Bounded: events and output of
 * commands wait for room, and with them the commands. Thread-safe.
 */
final class Outbox implements AutoCloseable {
  /** Lines that wait for room stay below this: a command then waits for the host. */
  private static final long ROOM = 1 << 20;

  /**
   * The thread that reads requests must not wait, or it would miss the end of the input. A host
   * that leaves this much unread is given up.
   */
  private static final long MOST = 16 << 20;

  private final Deque<byte[]> lines = new ArrayDeque<>();
  private final OutputStream out;
  private final Thread writer = new Thread(this::write, "serve-write");
  private long bytes;
  private boolean writing;
  private boolean ending;
  private boolean closed;

  Outbox(OutputStream out) {
    this.out = out;
    writer.setDaemon(true);
    writer.start();
  }

  /** Adds a line when there is room. */
  synchronized void await(byte[] line) throws IOException {
    while (bytes > 0 && bytes + line.length > ROOM && !closed) {
      if (ending) {
        throw new IOException("the host left output unread until it ended the connection");
      }
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException();
      }
    }
    add(line);
  }

  /** Adds a line without waiting. */
  synchronized void put(byte[] line) throws IOException {
    if (bytes + line.length > MOST) {
      throw new IOException("the host sends requests and reads no answers");
    }
    add(line);
  }

  private synchronized void add(byte[] line) throws IOException {
    if (closed) {
      throw new IOException("the connection is closed");
    }
    lines.add(line);
    bytes += line.length;
    notifyAll();
  }

  /** Ends the waits for room: what finds none is dropped from now on. */
  synchronized void end() {
    ending = true;
    notifyAll();
  }

  private void write() {
    try {
      for (byte[] line = next(); line.length > 0; line = next()) {
        out.write(line);
        synchronized (this) {
          bytes -= line.length;
          writing = false;
          notifyAll();
          if (!lines.isEmpty()) {
            continue;
          }
        }
        out.flush();
      }
    } catch (IOException e) {
      // The host reads no more; the end of its input ends the rest.
      close();
    } catch (InterruptedException e) {
      close();
    }
  }

  private synchronized byte[] next() throws InterruptedException {
    while (lines.isEmpty() && !closed) {
      wait();
    }
    writing = !lines.isEmpty();
    return lines.isEmpty() ? new byte[0] : lines.poll();
  }

  /** Waits until all lines are written, if the host reads them in time. */
  synchronized void drain(long millis) {
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

  /** Lets no line in or out any more, and ends the waits of others. */
  @Override
  public synchronized void close() {
    closed = true;
    lines.clear();
    bytes = 0;
    notifyAll();
  }
}
