package org.ringfence.windows.system;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.ringfence.windows.acl.Sid;

/** An in-memory pipe. */
final class FakePipe {
  private static final int PATIENCE_SECONDS = 10;
  private static final int BROKEN_PIPE = 109;

  private final LinkedBlockingQueue<byte[]> bytes = new LinkedBlockingQueue<>();
  final Sid owner;
  private volatile boolean connected;
  private volatile boolean closed;
  private byte[] rest = {};

  FakePipe(Sid owner) {
    this.owner = owner;
  }

  boolean connected() {
    return connected;
  }

  void connect() {
    connected = true;
  }

  void close() {
    closed = true;
    bytes.add(new byte[0]);
  }

  int read(byte[] buffer, int offset, int length) throws WindowsCallException {
    try {
      while (rest.length == 0) {
        byte[] next = closed ? bytes.poll() : bytes.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (next == null) {
          return -1;
        }
        rest = next;
      }
    } catch (InterruptedException e) {
      throw new WindowsCallException("ReadFile", BROKEN_PIPE);
    }
    int count = Math.min(length, rest.length);
    System.arraycopy(rest, 0, buffer, offset, count);
    rest = java.util.Arrays.copyOfRange(rest, count, rest.length);
    return count;
  }

  int available() {
    return rest.length + bytes.stream().mapToInt(part -> part.length).sum();
  }

  void write(byte[] buffer, int offset, int length) throws WindowsCallException {
    if (closed) {
      throw new WindowsCallException("WriteFile", BROKEN_PIPE);
    }
    bytes.add(java.util.Arrays.copyOfRange(buffer, offset, offset + length));
  }
}
