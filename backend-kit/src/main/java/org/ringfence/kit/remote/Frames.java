package org.ringfence.kit.remote;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.ringfence.kit.remote.ChannelException.Kind;

/**
 * Frames over two streams: a four-byte big-endian length, followed by the payload. Sending is
 * thread-safe; one thread receives.
 */
public final class Frames {
  private final InputStream input;
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
    // The plain stream of a file asks for positions, which a pipe does not have.
    this.input = new DataInputStream(input);
    this.output = output;
    this.longest = longest;
  }

  /**
   * Sends a frame.
   *
   * @param content the payload
   * @throws IOException if it cannot be sent; {@link ChannelException} if it is too long
   */
  public void send(byte[] content) throws IOException {
    if (content.length > longest) {
      throw new ChannelException(
          Kind.MALFORMED, "a message has " + content.length + " bytes, more than " + longest);
    }
    byte[] frame =
        ByteBuffer.allocate(Integer.BYTES + content.length)
            .putInt(content.length)
            .put(content)
            .array();
    synchronized (output) {
      output.write(frame);
      output.flush();
    }
  }

  /**
   * Receives a frame.
   *
   * @return the payload; empty when the peer has closed between two frames
   * @throws IOException if it cannot be read; {@link ChannelException} if it is too long, or ends
   *     in the middle
   */
  public Optional<byte[]> receive() throws IOException {
    int first = input.read();
    if (first < 0) {
      return Optional.empty();
    }
    byte[] rest = whole(Integer.BYTES - 1);
    int length = ByteBuffer.allocate(Integer.BYTES).put((byte) first).put(rest).getInt(0);
    if (length < 0 || length > longest) {
      throw new ChannelException(
          Kind.MALFORMED, "a frame of " + Integer.toUnsignedString(length) + " bytes");
    }
    return Optional.of(whole(length));
  }

  private byte[] whole(int length) throws IOException {
    byte[] bytes = input.readNBytes(length);
    if (bytes.length < length) {
      throw new ChannelException(Kind.CUT, "a frame ends in the middle");
    }
    return bytes;
  }
}
