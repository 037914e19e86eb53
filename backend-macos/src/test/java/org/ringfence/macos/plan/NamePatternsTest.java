package org.ringfence.macos.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;

/** Checks the regular expressions of names. */
class NamePatternsTest {
  @Test
  void complementPatternMatchesEveryOtherWord() {
    String regex = NamePatterns.notOneOf(List.of("refs", "re", "rebase-merge", "logs"));
    for (String word : List.of("refs", "re", "rebase-merge", "logs", "REFS", "Re", "")) {
      assertThat(word.matches(regex)).as(word).isFalse();
    }
    for (String word :
        List.of("r", "ref", "refsx", "rebase-", "rebase-mergex", "l", "x", "rex", "xrefs", "-")) {
      assertThat(word.matches(regex)).as(word).isTrue();
    }
  }

  @Test
  void namePatternMatchesItsName() {
    Property.forAll(
        Inputs.strings(8),
        text -> {
          String name = text.replace("/", "");
          String regex = NamePatterns.name(name);
          assertThat(new Sbpl.Pattern(regex).toString()).startsWith("#\"").endsWith("\"");
          assertThat(
                  java.util.regex.Pattern.compile(regex, java.util.regex.Pattern.DOTALL)
                      .matcher(name)
                      .matches())
              .isTrue();
        });
  }
}
