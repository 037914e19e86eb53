package org.ringfence.text.line;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads bounded lines. For one thread. */
public final class LineReader {
  private final InputStream in;
  private final int most;

  /**
   * Creates a reader.
   *
   * @param in the lines, each with a line feed at its end
   * @param most the longest line, in bytes without its line feed
   */
  public LineReader(InputStream in, int most) {
    this.in = new BufferedInputStream(in, 1 << 16);
    this.most = most;
  }

  /**
   * Reads one line; of one that is too long, all is skipped.
   *
   * @return the line without its end; empty at the end of the input
   * @throws LineTooLongException if the line is too long; the next call reads the next line
   * @throws EOFException if the input ends inside a line
   * @throws IOException if the input cannot be read
   */
  public Optional<byte[]> next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean tooLong = false;
    int next = in.read();
    if (next < 0) {
      return Optional.empty();
    }
    for (; next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the input ended inside a message");
      }
      tooLong |= line.size() >= most;
      if (!tooLong) {
        line.write(next);
      }
    }
    if (tooLong) {
      throw new LineTooLongException(most);
    }
    return Optional.of(line.toByteArray());
  }
}
