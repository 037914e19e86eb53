package org.ringfence.policy.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * A JSON value with the line it stands on, so that an error can name it.
 *
 * @param value a {@code Map<String, LocatedNode>}, {@code List<LocatedNode>}, String, Long, Double,
 *     Boolean or null
 * @param line the line, from 1
 */
record LocatedNode(Object value, int line) {
  private static final int DEEPEST = 64;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
          .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
          .build();
  private static final Pattern CHARACTER = Pattern.compile("character \\('(.)'");

  static LocatedNode parse(String source, String text) {
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() == null) {
        throw new InvalidPolicyException("policy", "", "a JSON object, {}").at(source, 1);
      }
      LocatedNode node = read(source, parser, 0);
      if (parser.nextToken() != null) {
        throw new InvalidPolicyException("policy", parser.getText(), "one JSON object alone")
            .at(source, parser.currentTokenLocation().getLineNr());
      }
      return node;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new InvalidPolicyException("policy", found(e), "well-formed JSON", e).at(source, line);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Returns the fault, without the parser's location text. */
  private static String found(JsonProcessingException e) {
    String message = e.getOriginalMessage().split("\n", 2)[0];
    if (e instanceof JsonEOFException) {
      return "the end of the text, with a bracket or a quote still open";
    }
    if (message.startsWith("Duplicate field")) {
      return message;
    }
    Matcher character = CHARACTER.matcher(message);
    return character.find() ? "the character " + character.group(1) : "the text there";
  }

  private static LocatedNode read(String source, JsonParser parser, int depth) throws IOException {
    int line = parser.currentTokenLocation().getLineNr();
    if (depth > DEEPEST) {
      throw new InvalidPolicyException(
              "policy", "nesting of more than " + DEEPEST + " levels", "a flatter form")
          .at(source, line);
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        Map<String, LocatedNode> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          fields.put(name, read(source, parser, depth + 1));
        }
        yield new LocatedNode(fields, line);
      }
      case START_ARRAY -> {
        List<LocatedNode> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(read(source, parser, depth + 1));
        }
        yield new LocatedNode(items, line);
      }
      case VALUE_STRING -> new LocatedNode(parser.getText(), line);
      case VALUE_NUMBER_INT ->
          new LocatedNode(
              parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                  ? (Object) parser.getDoubleValue()
                  : (Object) parser.getLongValue(),
              line);
      case VALUE_NUMBER_FLOAT -> new LocatedNode(parser.getDoubleValue(), line);
      case VALUE_TRUE -> new LocatedNode(Boolean.TRUE, line);
      case VALUE_FALSE -> new LocatedNode(Boolean.FALSE, line);
      default -> new LocatedNode(null, line);
    };
  }

  String shown() {
    if (value instanceof Map<?, ?>) {
      return "an object";
    }
    return value instanceof List<?> ? "a list" : String.valueOf(value);
  }
}
