package org.ringfence.macos.plan;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A profile for {@code sandbox-exec}. The policy's rules are permissions, so that their order has
 * no meaning; all else is denied.
 *
 * @param base the rules that every process needs, as text with a reason for each
 * @param rules the policy's rules, in its order
 * @param parameters the paths that the rules name, passed to {@code sandbox-exec} with {@code -D}
 */
public record SeatbeltProfile(String base, List<Rule> rules, Map<String, String> parameters) {
  /**
   * A rule.
   *
   * @param origin its origin, for people
   * @param expression the rule
   */
  public record Rule(String origin, Sbpl.Form expression) {}

  /** Copies the parts. */
  public SeatbeltProfile {
    rules = List.copyOf(rules);
    parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
  }

  /**
   * Returns the profile's text, with a comment before each of the policy's rules that names its
   * origin.
   *
   * @return the text
   */
  public String text() {
    StringBuilder text = new StringBuilder(base);
    String last = "";
    for (Rule rule : rules) {
      if (!rule.origin().equals(last)) {
        // A comment ends with its line: nothing in an origin may end it before.
        text.append("; ").append(rule.origin().replaceAll("[^\\x20-\\x7e]", "?")).append('\n');
        last = rule.origin();
      }
      text.append(rule.expression()).append('\n');
    }
    return text.toString();
  }
}
