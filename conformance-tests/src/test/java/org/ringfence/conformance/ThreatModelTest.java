package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.ringfence.conformance.stage.ConformanceCase;

/** Checks the cases that the threat model names. */
class ThreatModelTest {
  private static final Pattern CASE = Pattern.compile("`([A-Z]{2,}[0-9]?(?:-[A-Z0-9]+)+)`");

  @Test
  void everyCaseThatTheThreatModelNamesExists() throws Exception {
    Set<String> known =
        ConformanceSuite.catalogue().stream().map(ConformanceCase::id).collect(Collectors.toSet());
    Set<String> named = new TreeSet<>();
    Matcher matcher = CASE.matcher(Files.readString(Path.of("..", "docs", "threat-model.md")));
    while (matcher.find()) {
      named.add(matcher.group(1));
    }
    assertThat(named).hasSizeGreaterThan(40);
    named.removeAll(known);
    assertThat(named).isEmpty();
  }
}
