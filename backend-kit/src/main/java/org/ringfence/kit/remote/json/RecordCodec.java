package org.ringfence.kit.remote.json;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/**
 * Reads and writes records of a sealed type as JSON, each with its name. Unknown, missing or extra
 * content is an error. Thread-safe.
 *
 * @param <T> the sealed type
 */
public final class RecordCodec<T> {
  private final Class<T> type;
  private final ObjectMapper mapper;

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "message")
  private interface Named {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  private interface Kind {}

  /**
   * Makes a codec.
   *
   * @param type the sealed type
   * @param names the name of each record
   */
  public RecordCodec(Class<T> type, Map<String, Class<? extends T>> names) {
    this(type, names, Set.of());
  }

  /**
   * Makes a codec for records that hold records of other sealed types.
   *
   * @param type the sealed type
   * @param names the name of each record
   * @param parts the other sealed types; their records bear the names of their classes
   */
  public RecordCodec(Class<T> type, Map<String, Class<? extends T>> names, Set<Class<?>> parts) {
    this.type = type;
    this.mapper =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
            .addMixIn(type, Named.class)
            .build();
    for (Class<?> part : parts) {
      mapper.addMixIn(part, Kind.class);
      for (Class<?> record : part.getPermittedSubclasses()) {
        mapper.registerSubtypes(new NamedType(record, record.getSimpleName()));
      }
    }
    names.forEach((name, record) -> mapper.registerSubtypes(new NamedType(record, name)));
  }

  /**
   * Writes a record.
   *
   * @param message the record
   * @return JSON in UTF-8
   */
  public byte[] write(T message) {
    try {
      return mapper.writerFor(type).writeValueAsBytes(message);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("every message can be written", e);
    }
  }

  /**
   * Reads a record.
   *
   * @param json JSON in UTF-8
   * @param offset the offset of its first byte
   * @return the record
   * @throws IOException if it is no such record; the message omits its content, which may be a
   *     secret
   */
  public T read(byte[] json, int offset) throws IOException {
    T message;
    try {
      message = mapper.readValue(json, offset, json.length - offset, type);
    } catch (JsonProcessingException e) {
      long at = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
      throw new IOException(
          "a message is none: " + e.getClass().getSimpleName() + " at byte " + at);
    }
    if (message == null) {
      throw new IOException("a message is none: null");
    }
    return message;
  }
}
