package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.ringfence.conformance.scenario.ProbeBody;
import org.ringfence.conformance.stage.ConformanceCase;

/** Compares the catalogue of cases with its document. */
class CatalogueTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "conformance-cases.md");

  private static String document() throws IOException {
    Map<String, List<ConformanceCase>> groups = new TreeMap<>();
    for (ConformanceCase each : ConformanceSuite.catalogue()) {
      groups.computeIfAbsent(each.group(), group -> new ArrayList<>()).add(each);
    }
    StringBuilder text = new StringBuilder("# Conformance cases\n");
    groups.forEach(
        (group, cases) -> {
          text.append("\n## ").append(group).append("\n| id | what | needs |\n|---|---|---|\n");
          for (ConformanceCase each : cases) {
            text.append("| ").append(each.id()).append(" | ").append(each.title()).append(" | ");
            text.append(String.join(", ", each.needs())).append(" |\n");
          }
        });
    return text.toString();
  }

  @Test
  void documentListsExactlyTheCases() throws IOException {
    if (Boolean.getBoolean("ringfence.test.write")) {
      Files.writeString(DOCUMENT, document());
    }
    assertThat(Files.readString(DOCUMENT))
        .as(
            "to write the document: ./mvnw -pl conformance-tests -am test -Dtest=CatalogueTest"
                + " -Dringfence.test.write=true -Dsurefire.failIfNoSpecifiedTests=false")
        .isEqualTo(document());
  }

  /** Beside the word "pass", an attack as a title would read as if the attack had succeeded. */
  @Test
  void titlesOfDenialsAreNegative() throws IOException {
    assertThat(ConformanceSuite.catalogue())
        .filteredOn(
            each ->
                each.body() instanceof ProbeBody probe && probe.expected() != ProbeBody.Expected.OK)
        .isNotEmpty()
        .allSatisfy(
            each ->
                assertThat(each.title())
                    .as(each.id())
                    .containsPattern("\\b(cannot|no|not|nothing|stays?|keeps)\\b"));
  }

  /** Reports are sorted and filtered, so no title may refer to its neighbour. */
  @Test
  void titlesAreSelfContainedClaims() throws IOException {
    assertThat(ConformanceSuite.catalogue())
        .allSatisfy(
            each ->
                assertThat(each.title())
                    .as(each.id())
                    .doesNotContainPattern(
                        "^(nor|neither|it|its|they|them|this|these|that|those|such|there|one|ones"
                            + "|the same|and|or|also|again|what)\\b")
                    .doesNotContainPattern(
                        "\\b(into|beside|between|above|below|with|from|to|is) it"
                            + "( cannot\\b| is\\b| are\\b|$)")
                    .doesNotContainPattern("\\b(there|beside|between) (cannot|can|is|are)\\b")
                    .doesNotContainPattern("\\bin its place\\b")
                    .doesNotContainPattern("\\b(told|tells|anew)\\b"));
  }

  @Test
  void titlesAreUnique() throws IOException {
    assertThat(ConformanceSuite.catalogue().stream().map(ConformanceCase::title))
        .doesNotHaveDuplicates();
  }

  @Test
  void catalogueHasAtLeastNinetyCases() throws IOException {
    assertThat(ConformanceSuite.catalogue()).hasSizeGreaterThanOrEqualTo(90);
  }
}
