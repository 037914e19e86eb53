package org.ringfence.spi;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the bytes of both output streams of a command together and cuts them off at the limit.
 * Thread-safe.
 */
public final class OutputBudget {
  private static final Logger LOG = LoggerFactory.getLogger(OutputBudget.class);
  private static final int CHUNK = 8192;

  private final AtomicLong left;
  private final Runnable exceeded;

  /**
   * Prepares to count.
   *
   * @param bytes the limit
   * @param exceeded told each time that something did not fit
   */
  public OutputBudget(long bytes, Runnable exceeded) {
    this.left = new AtomicLong(bytes);
    this.exceeded = exceeded;
  }

  /** How many of the bytes read still fit; tells when they do not all. */
  private int take(int read) {
    long before = left.getAndUpdate(now -> Math.max(0, now - read));
    if (before < read) {
      exceeded.run();
    }
    return (int) Math.min(before, read);
  }

  /**
   * A stream that ends at the limit.
   *
   * @param in what the command writes
   * @return the same, counted
   */
  public InputStream count(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        int value = super.read();
        return value >= 0 && take(1) == 0 ? -1 : value;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        if (read <= 0) {
          return read;
        }
        int fits = take(read);
        return fits == 0 ? -1 : fits;
      }
    };
  }

  /**
   * Copies on a thread of its own until the command's end closes the pipe.
   *
   * @param in what the command writes
   * @param out where it goes
   */
  public void pump(InputStream in, OutputStream out) {
    Thread thread = new Thread(() -> copy(in, out), "ringfence-output");
    thread.setDaemon(true);
    thread.start();
  }

  private void copy(InputStream in, OutputStream out) {
    byte[] buffer = new byte[CHUNK];
    try (InputStream counted = count(in)) {
      for (int read = counted.read(buffer); read >= 0; read = counted.read(buffer)) {
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException e) {
      LOG.debug("output stopped", e);
    }
  }
}
