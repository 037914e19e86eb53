package org.ringfence.serve.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.ringfence.text.json.ControlEscapes;

/** A message as one line of JSON. Thread-safe. */
public final class JsonLine {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(new JsonFactory().setCharacterEscapes(new ControlEscapes()))
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // An id that is 1 in one message equals the 1 of the next, whatever its size.
          .enable(DeserializationFeature.USE_LONG_FOR_INTS)
          .build();

  private JsonLine() {}

  /**
   * Parses one value.
   *
   * @param line UTF-8
   * @return maps, lists, strings, numbers, booleans or null
   * @throws IOException if it is not well-formed
   */
  public static Object read(byte[] line) throws IOException {
    return MAPPER.readValue(line, Object.class);
  }

  /**
   * Writes one value.
   *
   * @param value maps, lists, strings, numbers, booleans and null
   * @return UTF-8 without a line feed but at its end
   */
  public static byte[] write(Object value) {
    return (text(value) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Writes one value.
   *
   * @param value maps, lists, strings, numbers, booleans and null
   * @return JSON without line feeds
   */
  public static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
