package org.ringfence.windows.channel.json;

import java.io.IOException;
import java.util.Map;
import org.ringfence.kit.remote.json.RecordCodec;
import org.ringfence.windows.channel.message.Message;

/** The JSON form of each message. */
public final class MessageJson {
  private static final RecordCodec<Message> CODEC =
      new RecordCodec<>(
          Message.class,
          Map.ofEntries(
              Map.entry("hello", Message.Hello.class),
              Map.entry("confine", Message.Confine.class),
              Map.entry("start", Message.Start.class),
              Map.entry("act", Message.Act.class),
              Map.entry("resize", Message.Resize.class),
              Map.entry("isFile", Message.IsFile.class),
              Map.entry("isDirectory", Message.IsDirectory.class),
              Map.entry("reach", Message.Reach.class),
              Map.entry("ping", Message.Ping.class),
              Map.entry("answer", Message.Answer.class),
              Map.entry("failure", Message.Failure.class),
              Map.entry("ended", Message.Ended.class),
              Map.entry("task", Message.Task.class),
              Map.entry("found", Message.Found.class),
              Map.entry("finished", Message.Finished.class)));

  private MessageJson() {}

  /**
   * Writes a message.
   *
   * @param message the message
   * @return JSON in UTF-8
   */
  public static byte[] write(Message message) {
    return CODEC.write(message);
  }

  /**
   * Reads a message.
   *
   * @param json JSON in UTF-8
   * @return the message
   * @throws IOException if it is invalid; the error quotes none of it, since it may hold a secret
   */
  public static Message read(byte[] json) throws IOException {
    return CODEC.read(json, 0);
  }
}
