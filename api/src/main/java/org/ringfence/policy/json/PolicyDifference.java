package org.ringfence.policy.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The fields that make one policy's JSON from another's: lists hold the further elements only. */
final class PolicyDifference {
  private static final String RULES = "rules";

  private PolicyDifference() {}

  /**
   * Finds the difference. It cannot express that a value or an element is missing.
   *
   * @param before the JSON of the extended policy
   * @param after the JSON of the other policy
   */
  static ObjectNode between(ObjectNode before, ObjectNode after) {
    ObjectNode difference = after.objectNode();
    after
        .properties()
        .forEach(
            field -> {
              JsonNode more = more(field.getKey(), before.get(field.getKey()), field.getValue());
              if (more != null) {
                difference.set(field.getKey(), more);
              }
            });
    return difference;
  }

  /** Returns the part of a value that is new; null for none. */
  private static JsonNode more(String name, JsonNode before, JsonNode after) {
    if (after.equals(before)) {
      return null;
    }
    if (before instanceof ObjectNode from && after instanceof ObjectNode to) {
      return name.equals(RULES) ? rules(from, to) : nonEmpty(between(from, to));
    }
    if (before instanceof ArrayNode from && after instanceof ArrayNode to) {
      ArrayNode elements = to.arrayNode();
      to.forEach(
          element -> {
            if (!contains(from, element)) {
              elements.add(element);
            }
          });
      return nonEmpty(elements);
    }
    return after;
  }

  /** A rule is new as a whole: its access says nothing without its handling of a missing path. */
  private static JsonNode rules(ObjectNode before, ObjectNode after) {
    ObjectNode rules = after.objectNode();
    after
        .properties()
        .forEach(
            rule -> {
              if (!rule.getValue().equals(before.get(rule.getKey()))) {
                rules.set(rule.getKey(), rule.getValue());
              }
            });
    return nonEmpty(rules);
  }

  private static boolean contains(ArrayNode array, JsonNode wanted) {
    for (JsonNode each : array) {
      if (each.equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode nonEmpty(JsonNode node) {
    return node.isEmpty() ? null : node;
  }
}
