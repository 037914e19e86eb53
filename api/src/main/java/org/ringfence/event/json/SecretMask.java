package org.ringfence.event.json;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.ringfence.policy.InvalidPolicyException;

/**
 * Finds secrets among a command's arguments and masks them. It masks a pattern's first group, or
 * the whole match if there is no group.
 */
public final class SecretMask {
  private static final String MASKED = "***";

  // Repetitions have bounds, or a hostile argument makes a pattern run for minutes.
  private static final List<String> USUAL =
      List.of(
          // --password=x, token: x, Authorization: Bearer x
          "(?i)(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|credential|authorization)"
              + "[^=:\\s]{0,64}\\s*+[=:]\\s*+(?:(?:bearer|basic)\\s++)?([^\\s\"']+)",
          // scheme://user:password@host
          "[-+.A-Za-z0-9]://[^/\\s:@]*:([^/\\s@]+)@",
          // Tokens with a recognizable form
          "(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|AKIA)[-_A-Za-z0-9]{8,}");

  /** Options whose value is the next argument. */
  private static final Pattern OPTION =
      Pattern.compile(
          "(?i)--?[-a-z]*(?:pass(?:word|wd|phrase)?|secret|token|api-?key|credentials?)");

  private final List<Pattern> patterns;

  private SecretMask(List<Pattern> patterns) {
    this.patterns = List.copyOf(patterns);
  }

  /**
   * Creates a mask from the usual patterns and more.
   *
   * @param more regular expressions of {@link Pattern}
   * @return the mask
   * @throws InvalidPolicyException if one is malformed
   */
  public static SecretMask usualAnd(List<String> more) {
    List<Pattern> patterns = new ArrayList<>();
    USUAL.forEach(text -> patterns.add(Pattern.compile(text)));
    for (String text : more) {
      try {
        patterns.add(Pattern.compile(text));
      } catch (PatternSyntaxException e) {
        throw new InvalidPolicyException("audit mask", text, "a regular expression", e);
      }
    }
    return new SecretMask(patterns);
  }

  /**
   * Masks the secrets among arguments.
   *
   * @param arguments the arguments
   * @return as many, masked where needed
   */
  public List<String> apply(List<String> arguments) {
    List<String> masked = new ArrayList<>();
    boolean valueFollows = false;
    for (String argument : arguments) {
      masked.add(valueFollows ? MASKED : apply(argument));
      valueFollows = OPTION.matcher(argument).matches();
    }
    return masked;
  }

  private String apply(String argument) {
    String text = argument;
    for (Pattern pattern : patterns) {
      StringBuilder result = new StringBuilder();
      Matcher matcher = pattern.matcher(text);
      int done = 0;
      while (matcher.find()) {
        int group = matcher.groupCount() > 0 && matcher.group(1) != null ? 1 : 0;
        result.append(text, done, matcher.start(group)).append(MASKED);
        done = matcher.end(group);
      }
      text = result.append(text.substring(done)).toString();
    }
    return text;
  }
}
