package org.ringfence.mcp;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The stream of messages to a client. The SDK holds this object's lock while it writes a message,
 * and so does {@link #message}. It counts the requests that have no answer yet.
 */
final class ClientOutput extends OutputStream {
  private final OutputStream out;
  private final Runnable onGone;
  private final AtomicInteger unanswered = new AtomicInteger();

  ClientOutput(OutputStream out, Runnable onGone) {
    this.out = out;
    this.onGone = onGone;
  }

  /** Writes one message of a line. */
  synchronized void message(String json) throws IOException {
    write((json + '\n').getBytes(StandardCharsets.UTF_8));
    flush();
  }

  /** Notes a request and returns how many have no answer. */
  int asked() {
    return unanswered.incrementAndGet();
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int from, int count) throws IOException {
    try {
      out.write(bytes, from, count);
    } catch (IOException e) {
      onGone.run();
      throw e;
    }
    if (count > 0 && bytes[from + count - 1] == '\n') {
      unanswered.updateAndGet(number -> Math.max(0, number - 1));
    }
  }

  @Override
  public synchronized void flush() throws IOException {
    try {
      out.flush();
    } catch (IOException e) {
      onGone.run();
      throw e;
    }
  }
}
