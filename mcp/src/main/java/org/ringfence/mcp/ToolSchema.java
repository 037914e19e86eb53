package org.ringfence.mcp;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the JSON Schema of a tool's arguments. */
final class ToolSchema {
  private final Map<String, Object> properties = new LinkedHashMap<>();

  ToolSchema text(String name, int longest, String description) {
    return with(name, Map.of("type", "string", "maxLength", longest, "description", description));
  }

  ToolSchema number(String name, long least, long most, String description) {
    return with(
        name,
        Map.of("type", "integer", "minimum", least, "maximum", most, "description", description));
  }

  ToolSchema with(String name, Map<String, Object> schema) {
    properties.put(name, schema);
    return this;
  }

  /** Returns the schema; other names than those of the properties are refused. */
  Map<String, Object> demanding(String... names) {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("required", List.of(names));
    schema.put("additionalProperties", false);
    return schema;
  }
}
