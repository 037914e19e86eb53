package org.ringfence.windows.channel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.ringfence.windows.channel.json.MessageJson;

/**
 * Messages over two streams, each in a frame: four bytes of length, the highest first, then JSON.
 * Sending is thread-safe; one thread receives.
 */
public final class FrameChannel {
  /** The longest message in bytes: an environment block has at most a quarter of it. */
  public static final int LONGEST = 1 << 20;

  private final DataInputStream input;
  private final DataOutputStream output;

  /**
   * Uses two streams, which others close.
   *
   * @param input where messages come from
   * @param output where they go
   */
  public FrameChannel(InputStream input, OutputStream output) {
    this.input = new DataInputStream(input);
    this.output = new DataOutputStream(output);
  }

  /**
   * Sends a message.
   *
   * @param message the message
   * @throws IOException if it cannot be sent, or is too long
   */
  public void send(Message message) throws IOException {
    byte[] json = MessageJson.write(message);
    if (json.length > LONGEST) {
      throw new IOException("a message has " + json.length + " bytes, more than " + LONGEST);
    }
    byte[] frame = new byte[Integer.BYTES + json.length];
    for (int i = 0; i < Integer.BYTES; i++) {
      frame[i] = (byte) (json.length >>> (Integer.BYTES - 1 - i) * Byte.SIZE);
    }
    System.arraycopy(json, 0, frame, Integer.BYTES, json.length);
    synchronized (output) {
      output.write(frame);
      output.flush();
    }
  }

  /**
   * Receives a message.
   *
   * @return the message; empty when the other side has closed between two messages
   * @throws IOException if it cannot be read, is too long, or ends in the middle
   */
  public Optional<Message> receive() throws IOException {
    int first = input.read();
    if (first < 0) {
      return Optional.empty();
    }
    int length = first << 24;
    for (int shift = 16; shift >= 0; shift -= Byte.SIZE) {
      length |= input.readUnsignedByte() << shift;
    }
    if (length < 0 || length > LONGEST) {
      throw new IOException("a frame of " + Integer.toUnsignedString(length) + " bytes");
    }
    byte[] json = input.readNBytes(length);
    if (json.length < length) {
      throw new EOFException("a frame ends in the middle");
    }
    return Optional.of(MessageJson.read(json));
  }
}
