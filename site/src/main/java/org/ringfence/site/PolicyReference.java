package org.ringfence.site;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The fields of a policy, from its JSON Schema. */
final class PolicyReference {
  private final JsonNode schema;

  PolicyReference(String schema) {
    try {
      this.schema = new ObjectMapper().readTree(schema);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the schema is no JSON", e);
    }
  }

  String html() {
    StringBuilder page = new StringBuilder("<h1>Policy reference</h1>\n<p>");
    page.append(PageFrame.escape(schema.path("description").asText()));
    page.append(" This page is made from the JSON Schema of policies; <a href=\"policy.html\">");
    page.append("Policies</a> explains them. An unknown field is an error.</p>\n");
    table(page, schema);
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      if (field.getValue().has("properties")) {
        page.append("<h2 id=\"").append(field.getKey()).append("\"><code>");
        page.append(field.getKey()).append("</code></h2>\n");
        if (field.getValue().has("description")) {
          page.append("<p>").append(PageFrame.escape(field.getValue().get("description").asText()));
          page.append("</p>\n");
        }
        table(page, field.getValue());
      }
    }
    return page.toString();
  }

  private static void table(StringBuilder page, JsonNode object) {
    page.append("<table>\n<thead><tr><th>field</th><th>value</th><th>meaning</th></tr></thead>\n");
    page.append("<tbody>\n");
    for (Map.Entry<String, JsonNode> field : object.path("properties").properties()) {
      JsonNode value = field.getValue();
      page.append("<tr><td><code>").append(field.getKey()).append("</code></td><td>");
      page.append(
          value.has("properties")
              ? "<a href=\"#" + field.getKey() + "\">an object</a>"
              : PageFrame.escape(type(value)));
      page.append("</td><td>").append(PageFrame.escape(value.path("description").asText()));
      page.append("</td></tr>\n");
    }
    page.append("</tbody>\n</table>\n");
  }

  /** Describes the values that a schema allows. */
  private static String type(JsonNode value) {
    if (value.has("enum")) {
      List<String> words = new ArrayList<>();
      value.get("enum").forEach(word -> words.add(word.asText()));
      return String.join(", ", words);
    }
    for (String choice : List.of("oneOf", "anyOf")) {
      if (value.has(choice)) {
        List<String> parts = new ArrayList<>();
        value.get(choice).forEach(part -> parts.add(type(part)));
        return String.join("; or ", parts);
      }
    }
    return switch (value.path("type").asText()) {
      case "array" -> "a list of: " + type(value.path("items"));
      case "object" ->
          value.has("properties")
              ? "an object with "
                  + value.get("properties").properties().stream()
                      .map(field -> field.getKey() + " (" + type(field.getValue()) + ")")
                      .collect(Collectors.joining(", "))
              : "an object, each field: " + type(value.path("additionalProperties"));
      case "integer" -> "a whole number" + least(value);
      case "number" -> "a number" + least(value);
      case "boolean" -> "true or false";
      case "string" ->
          value.has("pattern") ? "a text like " + value.get("pattern").asText() : "a text";
      default -> "any value";
    };
  }

  private static String least(JsonNode value) {
    return value.has("minimum") ? " from " + value.get("minimum").asText() : "";
  }
}
