package org.ringfence.wsl2.channel;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.ringfence.kit.remote.Frames;
import org.ringfence.kit.remote.MessagePort;
import org.ringfence.wsl2.channel.json.GuestMessageJson;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.ringfence.wsl2.plan.WslText;

/**
 * Messages and the bytes of commands' streams over one pair of streams. Sending is thread-safe; one
 * thread receives.
 */
public final class GuestChannel implements MessagePort<GuestChannel.Received> {
  /** The maximum number of bytes of a stream in transit, in each direction. */
  public static final int WINDOW = 256 * 1024;

  private static final byte[] MARK = "\0ringfence guest\n".getBytes(StandardCharsets.US_ASCII);
  private static final int MOST_BEFORE = 64 * 1024;
  private static final int LONGEST = 8 << 20;
  private static final byte MESSAGE = 'm';
  private static final byte DATA = 'd';
  private static final int DATA_HEADER = 1 + Integer.BYTES + 1;

  private final Frames frames;

  /** A received message, or bytes of a stream. */
  public sealed interface Received {}

  /**
   * A message.
   *
   * @param message the message
   */
  public record Said(GuestMessage message) implements Received {}

  /**
   * Bytes of a stream; none at its end.
   *
   * @param command the command
   * @param stream 0, 1 or 2
   * @param bytes the bytes
   */
  public record Data(int command, int stream, byte[] bytes) implements Received {}

  /**
   * Uses two streams, which the caller closes.
   *
   * @param input the source of frames
   * @param output the destination of frames
   */
  public GuestChannel(InputStream input, OutputStream output) {
    this.frames = new Frames(input, output, LONGEST);
  }

  /**
   * Marks the beginning of frames: a program between the two sides may write something first.
   *
   * @param output the destination of frames
   * @throws IOException if the mark cannot be written
   */
  public static void mark(OutputStream output) throws IOException {
    output.write(MARK);
    output.flush();
  }

  /**
   * Skips the bytes before the first frame.
   *
   * @param input the source of frames
   * @return the skipped bytes
   * @throws IOException if no frames begin; with the last line that came instead
   */
  public static byte[] awaitMark(InputStream input) throws IOException {
    ByteArrayOutputStream before = new ByteArrayOutputStream();
    int matched = 0;
    while (matched < MARK.length) {
      int next = input.read();
      if (next < 0 || before.size() > MOST_BEFORE) {
        String text = WslText.of(before.toByteArray()).strip();
        throw new IOException(
            text.isEmpty() ? "it ended at once" : text.substring(text.lastIndexOf('\n') + 1));
      }
      before.write(next);
      // The first letter of the mark occurs nowhere else in it.
      matched = next == MARK[matched] ? matched + 1 : next == MARK[0] ? 1 : 0;
    }
    return Arrays.copyOf(before.toByteArray(), before.size() - MARK.length);
  }

  /**
   * Sends a message.
   *
   * @param message the message
   * @throws IOException if it cannot be sent
   */
  public void send(GuestMessage message) throws IOException {
    byte[] json = GuestMessageJson.write(message);
    frames.send(ByteBuffer.allocate(1 + json.length).put(MESSAGE).put(json).array());
  }

  /**
   * Sends bytes of a stream.
   *
   * @param command the command
   * @param stream 0, 1 or 2
   * @param buffer the buffer that holds them
   * @param offset the offset of the first
   * @param length their number; 0 ends the stream
   * @throws IOException if they cannot be sent
   */
  public void send(int command, int stream, byte[] buffer, int offset, int length)
      throws IOException {
    frames.send(
        ByteBuffer.allocate(DATA_HEADER + length)
            .put(DATA)
            .putInt(command)
            .put((byte) stream)
            .put(buffer, offset, length)
            .array());
  }

  @Override
  public void send(Received said) throws IOException {
    if (said instanceof Said message) {
      send(message.message());
    } else if (said instanceof Data data) {
      send(data.command(), data.stream(), data.bytes(), 0, data.bytes().length);
    }
  }

  @Override
  public Optional<Received> receive() throws IOException {
    Optional<byte[]> frame = frames.receive();
    if (frame.isEmpty()) {
      return Optional.empty();
    }
    byte[] content = frame.get();
    if (content.length > 0 && content[0] == MESSAGE) {
      return Optional.of(new Said(GuestMessageJson.read(content, 1)));
    }
    if (content.length >= DATA_HEADER && content[0] == DATA) {
      ByteBuffer data = ByteBuffer.wrap(content, 1, content.length - 1);
      int command = data.getInt();
      int stream = data.get();
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      return Optional.of(new Data(command, stream, bytes));
    }
    throw new IOException("a frame is neither a message nor bytes");
  }
}
