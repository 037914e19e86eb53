package org.ringfence.kit.stdio;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
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
  private static final int CHUNK = 8192;

  private final InputStream pipe;
  private final CommandOutputs outputs;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;
  private volatile boolean settling;
  private boolean closesPipe;
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

  private void trySettle() {
    if (!lock.tryLock()) {
      // The reader checks again when it releases the lock.
      return;
    }
    boolean first = !settled;
    try {
      if (first) {
        settled = true;
        rest = new ByteArrayInputStream(drained());
        if (closesPipe) {
          pipe.close();
        }
      }
    } catch (IOException e) {
      LOG.debug("a pipe is gone", e);
    } finally {
      settling = false;
      lock.unlock();
    }
    if (first) {
      outputs.settled();
    }
  }

  /** Reads the bytes that are in the pipe now. A surviving process may write more meanwhile. */
  private byte[] drained() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[CHUNK];
    int there = closed ? 0 : pipe.available();
    while (there > 0 && !cut) {
      int read = pipe.read(buffer, 0, Math.min(there, CHUNK));
      if (read <= 0) {
        break;
      }
      there -= read;
      int fits = outputs.take(read);
      cut = fits < read;
      all.write(buffer, 0, fits);
    }
    return all.toByteArray();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    pipe.close();
  }
}
