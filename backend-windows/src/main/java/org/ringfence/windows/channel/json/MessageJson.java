package org.ringfence.windows.channel.json;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.ringfence.windows.channel.Message;

/** Messages as JSON, each with its name. What is unknown, missing or too much is an error. */
public final class MessageJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addMixIn(Message.class, Named.class)
          .build();

  private MessageJson() {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "message")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Message.Hello.class, name = "hello"),
    @JsonSubTypes.Type(value = Message.Confine.class, name = "confine"),
    @JsonSubTypes.Type(value = Message.Start.class, name = "start"),
    @JsonSubTypes.Type(value = Message.Act.class, name = "act"),
    @JsonSubTypes.Type(value = Message.Resize.class, name = "resize"),
    @JsonSubTypes.Type(value = Message.IsFile.class, name = "isFile"),
    @JsonSubTypes.Type(value = Message.Reach.class, name = "reach"),
    @JsonSubTypes.Type(value = Message.Ping.class, name = "ping"),
    @JsonSubTypes.Type(value = Message.Answer.class, name = "answer"),
    @JsonSubTypes.Type(value = Message.Failure.class, name = "failure"),
    @JsonSubTypes.Type(value = Message.Ended.class, name = "ended"),
    @JsonSubTypes.Type(value = Message.Task.class, name = "task"),
    @JsonSubTypes.Type(value = Message.Found.class, name = "found"),
    @JsonSubTypes.Type(value = Message.Finished.class, name = "finished"),
  })
  private interface Named {}

  /**
   * Writes a message.
   *
   * @param message the message
   * @return JSON in UTF-8
   */
  public static byte[] write(Message message) {
    try {
      return MAPPER.writeValueAsBytes(message);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("every message can be written", e);
    }
  }

  /**
   * Reads a message.
   *
   * @param json JSON in UTF-8
   * @return the message
   * @throws IOException if it is none; nothing of what it says is repeated, it may be a secret
   */
  public static Message read(byte[] json) throws IOException {
    try {
      Message message = MAPPER.readValue(json, Message.class);
      if (message == null) {
        throw new IOException("a message is none: null");
      }
      return message;
    } catch (JsonProcessingException e) {
      throw new IOException(
          "a message is none: "
              + e.getClass().getSimpleName()
              + " at byte "
              + (e.getLocation() == null ? -1 : e.getLocation().getByteOffset()));
    }
  }
}
