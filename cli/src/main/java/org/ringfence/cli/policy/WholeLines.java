package org.ringfence.cli.policy;

import java.io.IOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

/**
 * A writer that gives all text up to a flush to the system at once. Where the channel appends, text
 * of two processes does not mix, as write(2) says of {@code O_APPEND}: the JDK's writers write what
 * their buffer of 8 KiB holds, and a line of arguments may be longer. Not thread-safe.
 */
final class WholeLines extends Writer {
  private final WritableByteChannel channel;
  private StringBuilder text = new StringBuilder();

  WholeLines(WritableByteChannel channel) {
    this.channel = channel;
  }

  @Override
  public void write(char[] chars, int offset, int length) {
    boolean done = false;
    try {
      text.append(chars, offset, length);
      done = true;
    } finally {
      if (!done) {
        lose();
      }
    }
  }

  /** What could not be written is lost, and not repeated with the next line. */
  private void lose() {
    // The old one goes first: there may be no memory for both.
    text = null;
    text = new StringBuilder();
  }

  @Override
  public void flush() throws IOException {
    ByteBuffer bytes;
    try {
      bytes = StandardCharsets.UTF_8.encode(text.toString());
    } finally {
      lose();
    }
    // The system takes less only where it then fails, as on a full disk.
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      flush();
    }
  }
}
