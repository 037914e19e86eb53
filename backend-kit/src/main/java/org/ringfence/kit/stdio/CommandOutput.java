package org.ringfence.kit.stdio;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One output stream of a command. A lock makes a read and its count one step: the thread that holds
 * it knows that no byte is in transit. Thread-safe.
 */
final class CommandOutput extends InputStream {
  private static final Logger LOG = LoggerFactory.getLogger(CommandOutput.class);
  private static final byte[] NONE = {};

  private final InputStream pipe;
  private final CommandOutputs outputs;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;
  private volatile boolean settling;
  private boolean closesPipe;
  // Guarded by the lock of the streams.
  private boolean counted;
  // Guarded by the lock.
  private boolean settled;
  private InputStream rest = InputStream.nullInputStream();
  private boolean cut;

  CommandOutput(InputStream pipe, CommandOutputs outputs) {
    this.pipe = pipe;
    this.outputs = outputs;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (closed) {
      throw new IOException("Stream closed");
    }
    if (length == 0) {
      return 0;
    }
    lock.lock();
    try {
      int fromRest = rest.read(buffer, offset, length);
      if (fromRest > 0) {
        return fromRest;
      }
      if (cut || settled && closesPipe) {
        return -1;
      }
      int read = pipe.read(buffer, offset, length);
      if (read <= 0) {
        return read;
      }
      int fits = outputs.take(read);
      cut = fits < read;
      return fits == 0 ? -1 : fits;
    } finally {
      lock.unlock();
      if (settling) {
        trySettle();
      }
    }
  }

  @Override
  public int available() throws IOException {
    if (closed || !lock.tryLock()) {
      return 0;
    }
    try {
      int inMemory = rest.available();
      return inMemory > 0 || cut || settled && closesPipe ? inMemory : pipe.available();
    } finally {
      lock.unlock();
      if (settling) {
        trySettle();
      }
    }
  }

  /** Drains the pipe; a reader that holds the lock does so instead. */
  void settle(boolean close) {
    closesPipe = close;
    settling = true;
    trySettle();
  }

  /** Without memory it fails before it takes a byte; the next call tries again. */
  private void trySettle() {
    if (!lock.tryLock()) {
      // The reader checks again when it releases the lock.
      return;
    }
    try {
      if (!settled) {
        settle();
        settled = true;
      }
      settling = false;
    } finally {
      lock.unlock();
    }
    outputs.settled(this);
  }

  private void settle() {
    try {
      drain();
      if (closesPipe) {
        pipe.close();
      }
    } catch (IOException e) {
      LOG.debug("a pipe is gone", e);
    }
  }

  /** Counts the stream as settled; the caller holds the lock of the streams. */
  void count() {
    counted = true;
  }

  boolean isCounted() {
    return counted;
  }

  /** Reads the bytes that are in the pipe now. A surviving process may write more meanwhile. */
  private void drain() throws IOException {
    byte[] all = closed || cut ? NONE : new byte[pipe.available()];
    int kept = 0;
    while (kept < all.length && !cut) {
      int read = pipe.read(all, kept, all.length - kept);
      if (read <= 0) {
        break;
      }
      int fits = outputs.take(read);
      cut = fits < read;
      kept += fits;
    }
    if (kept > 0) {
      rest = new ByteArrayInputStream(all, 0, kept);
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    pipe.close();
    if (settling) {
      trySettle();
    }
  }
}
