package org.ringfence.windows.channel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.ringfence.kit.remote.Frames;
import org.ringfence.kit.remote.MessagePort;
import org.ringfence.windows.channel.json.MessageJson;
import org.ringfence.windows.channel.message.Message;

/**
 * Messages over two streams, each as JSON in a frame. Sending is thread-safe; one thread receives.
 */
public final class FrameChannel implements MessagePort<Message> {
  /** The longest message in bytes: an environment block has at most a quarter of it. */
  public static final int LONGEST = 1 << 20;

  private final Frames frames;

  /**
   * Uses two streams, which the caller closes.
   *
   * @param input the stream that carries received messages
   * @param output the stream that carries sent messages
   */
  public FrameChannel(InputStream input, OutputStream output) {
    this.frames = new Frames(input, output, LONGEST);
  }

  @Override
  public void send(Message message) throws IOException {
    frames.send(MessageJson.write(message));
  }

  @Override
  public Optional<Message> receive() throws IOException {
    Optional<byte[]> frame = frames.receive();
    return frame.isEmpty() ? Optional.empty() : Optional.of(MessageJson.read(frame.get()));
  }
}
