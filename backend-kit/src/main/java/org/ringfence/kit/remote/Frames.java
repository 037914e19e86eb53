package org.ringfence.kit.remote;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Frames over two streams: a four-byte big-endian length, followed by the payload. Sending is
 * thread-safe; one thread receives.
 */
public final class Frames {
  private final DataInputStream input;
  private final OutputStream output;
  private final int longest;

  /**
   * Uses two streams, which the caller closes.
   *
   * @param input the source of frames
   * @param output the destination of frames
   * @param longest the maximum size of a frame in bytes
   */
  public Frames(InputStream input, OutputStream output, int longest) {
    this.input = new DataInputStream(input);
    this.output = output;
    this.longest = longest;
  }

  /**
   * Sends a frame.
   *
   * @param content the payload
   * @throws IOException if it cannot be sent, or is too long
   */
  public void send(byte[] content) throws IOException {
    if (content.length > longest) {
      throw new IOException("a message has " + content.length + " bytes, more than " + longest);
    }
    byte[] frame = new byte[Integer.BYTES + content.length];
    for (int i = 0; i < Integer.BYTES; i++) {
      frame[i] = (byte) (content.length >>> (Integer.BYTES - 1 - i) * Byte.SIZE);
    }
    System.arraycopy(content, 0, frame, Integer.BYTES, content.length);
    synchronized (output) {
      output.write(frame);
      output.flush();
    }
  }

  /**
   * Receives a frame.
   *
   * @return the payload; empty when the peer has closed between two frames
   * @throws IOException if it cannot be read, is too long, or ends in the middle
   */
  public Optional<byte[]> receive() throws IOException {
    int first = input.read();
    if (first < 0) {
      return Optional.empty();
    }
    int length = first << 24;
    for (int shift = 16; shift >= 0; shift -= Byte.SIZE) {
      length |= input.readUnsignedByte() << shift;
    }
    if (length < 0 || length > longest) {
      throw new IOException("a frame of " + Integer.toUnsignedString(length) + " bytes");
    }
    byte[] content = input.readNBytes(length);
    if (content.length < length) {
      throw new EOFException("a frame ends in the middle");
    }
    return Optional.of(content);
  }
}
