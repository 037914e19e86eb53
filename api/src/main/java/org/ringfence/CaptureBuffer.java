package org.ringfence;

import java.io.ByteArrayOutputStream;

/** Keeps the first and the last bytes of a stream, in bounded memory. Thread-safe. */
final class CaptureBuffer {
  private static final int END_BYTES = 4096;

  private final long most;
  private final ByteArrayOutputStream first = new ByteArrayOutputStream();
  private byte[] end = new byte[0];
  private long written;

  CaptureBuffer(long most) {
    this.most = most;
  }

  synchronized void add(byte[] bytes, int length) {
    written += length;
    first.write(bytes, 0, (int) Math.min(length, most - first.size()));
    int fresh = Math.min(length, END_BYTES);
    int old = Math.min(end.length, END_BYTES - fresh);
    byte[] last = new byte[old + fresh];
    System.arraycopy(end, end.length - old, last, 0, old);
    System.arraycopy(bytes, length - fresh, last, old, fresh);
    end = last;
  }

  synchronized CapturedOutput taken() {
    return new CapturedOutput(first.toByteArray(), end, written);
  }
}
