package org.ringfence.conformance.container;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A rule of a container engine's seccomp profile.
 *
 * @param error 0 where the rule allows, else the error number of the calls
 * @param withAll capabilities that a container has to have for the rule to count
 * @param withNone capabilities that it must not have
 * @param tests conditions of the arguments, which all have to hold
 * @param calls the names of the calls
 */
record ProfileRule(
    int error,
    Set<String> withAll,
    Set<String> withNone,
    List<Comparison> tests,
    Set<String> calls) {
  private static final Pattern RULE =
      Pattern.compile("(allow|errno (\\d+))(?: \\[([^\\]]+)\\])?: (.+)");
  private static final Pattern COMPARISON =
      Pattern.compile("argument (\\d)(?: & (0x[0-9a-f]+))? (==|!=|<|>) (0x[0-9a-f]+|\\d+)");

  /**
   * A condition of an argument's lower 32 bits; the profiles compare no larger value.
   *
   * @param argument its index
   * @param mask the bits that are compared
   * @param operator the comparison, as in the text
   * @param value the other side
   */
  record Comparison(int argument, int mask, String operator, int value) {}

  static ProfileRule read(String line) {
    Matcher matcher = RULE.matcher(line);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(line);
    }
    Set<String> withAll = new java.util.HashSet<>();
    Set<String> withNone = new java.util.HashSet<>();
    List<Comparison> tests = new ArrayList<>();
    if (matcher.group(3) != null) {
      for (String condition : matcher.group(3).split(", ")) {
        if (condition.startsWith("with ")) {
          withAll.add(condition.substring("with ".length()));
        } else if (condition.startsWith("without ")) {
          withNone.add(condition.substring("without ".length()));
        } else {
          tests.add(comparison(condition));
        }
      }
    }
    return new ProfileRule(
        matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2)),
        withAll,
        withNone,
        tests,
        Set.copyOf(Arrays.asList(matcher.group(4).split(" "))));
  }

  private static Comparison comparison(String text) {
    Matcher matcher = COMPARISON.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text);
    }
    return new Comparison(
        Integer.parseInt(matcher.group(1)),
        matcher.group(2) == null ? -1 : Long.decode(matcher.group(2)).intValue(),
        matcher.group(3),
        Long.decode(matcher.group(4)).intValue());
  }

  boolean appliesTo(Set<String> capabilities) {
    return capabilities.containsAll(withAll) && withNone.stream().noneMatch(capabilities::contains);
  }
}
