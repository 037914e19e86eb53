package org.ringfence.policy;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A pattern of names that are denied wherever they lie. {@code *} matches within a component,
 * {@code **} any number of components, {@code ?} one character. A pattern without a slash is meant
 * at any depth. What lies below a match is denied too.
 */
final class DenyGlob {
  private final String text;
  private final Pattern pattern;

  DenyGlob(String text, PathStyle style) {
    if (text.isEmpty()) {
      throw new InvalidPolicyException("files.denyGlobs", text, "a glob, **/.env");
    }
    this.text = text;
    String anchored = text.startsWith("/") || text.startsWith("**/") ? text : "**/" + text;
    StringBuilder regex = new StringBuilder();
    int i = 0;
    while (i < anchored.length()) {
      char c = anchored.charAt(i);
      if (anchored.startsWith("**/", i)) {
        regex.append("(?:.*/)?");
        i += 3;
      } else if (anchored.startsWith("**", i)) {
        regex.append(".*");
        i += 2;
      } else {
        regex.append(c == '*' ? "[^/]*" : c == '?' ? "[^/]" : Pattern.quote(String.valueOf(c)));
        i++;
      }
    }
    this.pattern =
        Pattern.compile(
            regex + "(?:/.*)?", style == PathStyle.WINDOWS ? Pattern.CASE_INSENSITIVE : 0);
  }

  boolean matches(List<String> components) {
    String joined = "/" + String.join("/", components);
    return pattern.matcher(joined).matches() || pattern.matcher(joined.substring(1)).matches();
  }

  @Override
  public String toString() {
    return text;
  }
}
