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

  /**
   * The characters of an argument that are searched. The rest is left out, since it may be secret;
   * the backends record no more either.
   */
  static final int LONGEST = 65_536;

  /** A value: a quoted text as a whole, or all up to a blank. */
  private static final String VALUE = "(\"(?:[^\"\\\\]|\\\\.)*+\"?|'[^']*+'?|[^\\s\"'][^\\s\"']*+)";

  // A pattern fails after a bounded number of steps, or consumes the characters that it has looked
  // at: otherwise a
  // hostile argument makes it run for minutes. Possessive repetitions also need no stack.
  private static final List<String> USUAL =
      List.of(
          // A private key, up to its end or to the end of the text
          "-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----((?:[^-]|-(?!----END))++)",
          // Authorization: Bearer x, with any usual scheme
          "(?i)(?:authorization|cookie|private-token|x-[-a-z]{0,32}(?:key|token|secret|auth))"
              + "\\s{0,64}+:\\s{0,64}+(?:(?:bearer|basic|digest|token|negotiate|ntlm|api-?key|hawk"
              + "|dpop|oauth|signature|aws4-hmac-sha256)\\s{1,64}+)?([^\\r\\n\"']++)",
          "(?i)\\bbearer\\s{1,64}+([-._~+/=a-z0-9]{8,}+)",
          // --password=x, token: x, "secret": "x"
          "(?i)(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credential|authorization"
              + "|(?:api|access|account|private|shared|signing|encryption|master)[-_.]?key)"
              + "[^=:\\s]{0,64}\\s{0,64}+[=:]\\s{0,64}+(?:(?:bearer|basic)\\s{1,64}+)?"
              + VALUE,
          // The line of a netrc file, and the signature in a URL of Azure
          "(?i)\\blogin\\s{1,64}+\\S{1,128}+\\s{1,64}+password\\s{1,64}+(\\S++)",
          "[?&]sig=([^&\\s\"']++)",
          // scheme://user:password@host, scheme://token@host
          "[-+.A-Za-z0-9]://[^/\\s:@]*+:([^/\\s]+)@",
          "[-+.A-Za-z0-9]://([^/\\s:@]{16,}+)@",
          // Tokens with a recognizable form
          "(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|(?<![A-Za-z])sk-|sk_live_|sk_test_|rk_live_"
              + "|npm_|pypi-|(?<![A-Za-z])hf_|dop_v1_|AIza|AKIA|ASIA|SG\\.)[-_.A-Za-z0-9]{8,}+",
          // A JSON Web Token: an encoded JSON object, and parts after dots
          "eyJ[-_A-Za-z0-9]{8,}+(?:\\.[-_A-Za-z0-9]*+){0,4}+");

  /** Options whose value is the next argument. */
  private static final Pattern OPTION =
      Pattern.compile(
          "(?i)--?[-_.a-z0-9]*(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|bearer|credentials?"
              + "|(?:api|access|account|private|shared|signing|encryption|master)[-_.]?key)");

  /** An option with its value: all that follows belongs to it, blanks as well. */
  private static final Pattern ASSIGNED =
      Pattern.compile(OPTION.pattern() + "=(.+)", Pattern.DOTALL);

  /** A word of a shell's line: blanks separate words outside quotes. */
  private static final Pattern WORD = Pattern.compile("(?:[^\\s'\"]|'[^']*+'?|\"[^\"]*+\"?)++");

  private final List<Pattern> patterns;

  private SecretMask(List<Pattern> patterns) {
    this.patterns = List.copyOf(patterns);
  }

  /**
   * Creates a mask from the usual patterns and more. The usual ones take time in proportion to the
   * arguments; the caller answers for the others.
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
   * Masks the secrets among arguments. An argument of more than 65,536 characters loses the rest.
   *
   * @param arguments the arguments
   * @return as many, masked where needed
   */
  public List<String> apply(List<String> arguments) {
    List<String> masked = new ArrayList<>();
    SecretOptions options = new SecretOptions();
    boolean valueFollows = false;
    for (String whole : arguments) {
      if (valueFollows || options.valueFollows()) {
        masked.add(MASKED);
        options.next("");
        valueFollows = false;
        continue;
      }
      String argument = whole.length() > LONGEST ? whole.substring(0, LONGEST) : whole;
      Matcher assigned = ASSIGNED.matcher(argument);
      String text =
          assigned.matches()
              ? argument.substring(0, assigned.start(1)) + MASKED
              : line(apply(argument), options);
      masked.add(argument.equals(whole) ? text : text + "…");
      valueFollows = OPTION.matcher(argument).matches();
    }
    return masked;
  }

  /** Returns the patterns that are searched for within an argument. */
  List<Pattern> searched() {
    List<Pattern> all = new ArrayList<>(patterns);
    all.add(WORD);
    return all;
  }

  /** Returns the patterns that an argument matches as a whole. */
  static List<Pattern> matched() {
    return List.of(OPTION, ASSIGNED);
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
