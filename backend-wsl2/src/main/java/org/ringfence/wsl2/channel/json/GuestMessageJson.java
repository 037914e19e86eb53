package org.ringfence.wsl2.channel.json;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.ringfence.kit.remote.json.RecordCodec;
import org.ringfence.policy.Reason;
import org.ringfence.wsl2.channel.message.GuestMessage;

/** Messages as JSON, each with its name. */
public final class GuestMessageJson {
  private static final RecordCodec<GuestMessage> CODEC =
      new RecordCodec<>(
          GuestMessage.class,
          Map.ofEntries(
              Map.entry("hello", GuestMessage.Hello.class),
              Map.entry("plan", GuestMessage.Plan.class),
              Map.entry("planned", GuestMessage.Planned.class),
              Map.entry("open", GuestMessage.Open.class),
              Map.entry("close", GuestMessage.Close.class),
              Map.entry("start", GuestMessage.Start.class),
              Map.entry("end", GuestMessage.End.class),
              Map.entry("resize", GuestMessage.Resize.class),
              Map.entry("credit", GuestMessage.Credit.class),
              Map.entry("answer", GuestMessage.Answer.class),
              Map.entry("failure", GuestMessage.Failure.class),
              Map.entry("ended", GuestMessage.Ended.class),
              Map.entry("askHost", GuestMessage.AskHost.class),
              Map.entry("hostAnswer", GuestMessage.HostAnswer.class),
              Map.entry("connected", GuestMessage.Connected.class),
              Map.entry("executed", GuestMessage.Executed.class),
              Map.entry("denied", GuestMessage.Denied.class),
              Map.entry("dropped", GuestMessage.Dropped.class),
              Map.entry("flush", GuestMessage.Flush.class)),
          Set.of(Reason.class));

  private GuestMessageJson() {}

  /**
   * Writes a message.
   *
   * @param message the message
   * @return JSON in UTF-8
   */
  public static byte[] write(GuestMessage message) {
    return CODEC.write(message);
  }

  /**
   * Reads a message.
   *
   * @param json JSON in UTF-8
   * @param offset the offset of its first byte
   * @return the message
   * @throws IOException if it is no message
   */
  public static GuestMessage read(byte[] json, int offset) throws IOException {
    return CODEC.read(json, offset);
  }
}
