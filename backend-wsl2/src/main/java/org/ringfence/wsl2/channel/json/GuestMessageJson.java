package org.ringfence.wsl2.channel.json;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.ringfence.wsl2.channel.GuestMessage;

/** Messages as JSON, each with its name. What is unknown, missing or too much is an error. */
public final class GuestMessageJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addMixIn(GuestMessage.class, Named.class)
          .build();

  private GuestMessageJson() {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "message")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = GuestMessage.Hello.class, name = "hello"),
    @JsonSubTypes.Type(value = GuestMessage.Plan.class, name = "plan"),
    @JsonSubTypes.Type(value = GuestMessage.Planned.class, name = "planned"),
    @JsonSubTypes.Type(value = GuestMessage.Open.class, name = "open"),
    @JsonSubTypes.Type(value = GuestMessage.Close.class, name = "close"),
    @JsonSubTypes.Type(value = GuestMessage.Start.class, name = "start"),
    @JsonSubTypes.Type(value = GuestMessage.End.class, name = "end"),
    @JsonSubTypes.Type(value = GuestMessage.Resize.class, name = "resize"),
    @JsonSubTypes.Type(value = GuestMessage.Credit.class, name = "credit"),
    @JsonSubTypes.Type(value = GuestMessage.Answer.class, name = "answer"),
    @JsonSubTypes.Type(value = GuestMessage.Failure.class, name = "failure"),
    @JsonSubTypes.Type(value = GuestMessage.Ended.class, name = "ended"),
    @JsonSubTypes.Type(value = GuestMessage.AskHost.class, name = "askHost"),
    @JsonSubTypes.Type(value = GuestMessage.HostAnswer.class, name = "hostAnswer"),
    @JsonSubTypes.Type(value = GuestMessage.Connected.class, name = "connected"),
    @JsonSubTypes.Type(value = GuestMessage.Executed.class, name = "executed"),
    @JsonSubTypes.Type(value = GuestMessage.Denied.class, name = "denied"),
  })
  private interface Named {}

  /**
   * Writes a message.
   *
   * @param message the message
   * @return JSON in UTF-8
   */
  public static byte[] write(GuestMessage message) {
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
   * @param offset where it begins
   * @return the message
   * @throws IOException if it is none
   */
  public static GuestMessage read(byte[] json, int offset) throws IOException {
    GuestMessage message;
    try {
      message = MAPPER.readValue(json, offset, json.length - offset, GuestMessage.class);
    } catch (JsonProcessingException e) {
      throw new IOException("a message is none: " + e.getOriginalMessage(), e);
    }
    if (message == null) {
      throw new IOException("a message is none: null");
    }
    return message;
  }
}
