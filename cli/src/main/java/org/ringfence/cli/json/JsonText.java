package org.ringfence.cli.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Map;
import org.ringfence.text.json.ControlEscapes;

/** JSON made of maps, lists, strings, numbers and booleans. Thread-safe. */
public final class JsonText {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(new JsonFactory().setCharacterEscapes(new ControlEscapes()))
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private JsonText() {}

  /**
   * Writes a value. Terminal control characters are escaped.
   *
   * @param value maps, lists, strings, numbers, booleans and null
   * @return indented JSON with a line feed at its end
   */
  public static String of(Object value) {
    try {
      return MAPPER.writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /**
   * Parses an object that {@link #of} has written.
   *
   * @param text the JSON
   * @return the object
   * @throws IOException if the text is not a JSON object
   */
  public static Map<String, Object> read(String text) throws IOException {
    return MAPPER.readValue(text, new TypeReference<Map<String, Object>>() {});
  }
}
