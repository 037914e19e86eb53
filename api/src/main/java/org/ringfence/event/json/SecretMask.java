package org.ringfence.event.json;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Finds secrets among a command's arguments and masks them: values of options and fields whose
 * names say that they are secret, values of options of known programs, logins in URLs, headers, and
 * tokens with a recognizable form. It masks a pattern's first group, or the whole match if there is
 * no group. A secret in another place, such as an operand, is not found.
 */
public final class SecretMask {
  private static final String MASKED = "***";

  // Repetitions have bounds, or a hostile argument makes a pattern run for minutes.
  private static final List<String> USUAL =
      List.of(
          // Authorization: Bearer x, with any scheme
          "(?i)(?:authorization|cookie|private-token|x-[-a-z]{0,32}(?:key|token|secret))"
              + "\\s*+:\\s*+(?:[-a-z0-9]{1,32}\\s++)?([^\\r\\n\"']+)",
          // --password=x, token: x
          "(?i)(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key"
              + "|private[-_]?key|credential|authorization)"
              + "[^=:\\s]{0,64}\\s*+[=:]\\s*+(?:(?:bearer|basic)\\s++)?([^\\s\"']+)",
          // scheme://user:password@host, scheme://token@host
          "[-+.A-Za-z0-9]://[^/\\s:@]*:([^/\\s@]+)@",
          "[-+.A-Za-z0-9]://([^/\\s:@]{16,})@",
          // Tokens with a recognizable form
          "(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|sk_live_|rk_live_|npm_|pypi-|hf_"
              + "|dop_v1_|AIza|AKIA|ASIA|SG\\.)[-_.A-Za-z0-9]{8,}",
          // A JSON Web Token
          "eyJ[-_A-Za-z0-9]{8,}\\.[-_A-Za-z0-9]{4,}\\.[-_A-Za-z0-9]*",
          "-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----([^-]+)");

  /** Options whose value is the next argument. */
  private static final Pattern OPTION =
      Pattern.compile(
          "(?i)--?[-a-z]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|account|private)-?key"
              + "|credentials?|bearer)");

  /** A word of a shell's line: blanks separate words outside quotes. */
  private static final Pattern WORD = Pattern.compile("(?:[^\\s'\"]|'[^']*+'?|\"[^\"]*+\"?)++");

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
    SecretOptions options = new SecretOptions();
    boolean valueFollows = false;
    for (String argument : arguments) {
      if (valueFollows || options.valueFollows()) {
        masked.add(MASKED);
        options.next("");
        valueFollows = false;
        continue;
      }
      masked.add(line(apply(argument), options));
      valueFollows = OPTION.matcher(argument).matches();
    }
    return masked;
  }

  /** Masks the values of options in an argument, which may be a whole line for a shell. */
  private static String line(String argument, SecretOptions options) {
    if (argument.chars().noneMatch(Character::isWhitespace)) {
      return masked(argument, options.next(argument));
    }
    StringBuilder text = new StringBuilder();
    Matcher words = WORD.matcher(argument);
    boolean valueFollows = false;
    int done = 0;
    while (words.find()) {
      String word = words.group();
      SecretOptions.Finding finding = options.next(word);
      text.append(argument, done, words.start());
      text.append(
          valueFollows
              ? MASKED
              : isQuotedLine(word) && finding.part() == SecretOptions.Part.NONE
                  ? word.charAt(0) + line(inner(word), options) + word.charAt(0)
                  : masked(word, finding));
      valueFollows = !valueFollows && OPTION.matcher(word).matches();
      done = words.end();
    }
    return text.append(argument.substring(done)).toString();
  }

  private static boolean isQuotedLine(String word) {
    char first = word.charAt(0);
    return word.length() > 2
        && (first == '"' || first == '\'')
        && word.charAt(word.length() - 1) == first
        && inner(word).chars().anyMatch(Character::isWhitespace)
        && inner(word).indexOf(first) < 0;
  }

  private static String inner(String quoted) {
    return quoted.substring(1, quoted.length() - 1);
  }

  private static String masked(String word, SecretOptions.Finding finding) {
    return switch (finding.part()) {
      case NONE -> word;
      case WORD -> MASKED;
      case REST -> word.substring(0, finding.start()) + MASKED;
    };
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
