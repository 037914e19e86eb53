package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.ringfence.conformance.stage.Outcome;

class ReportTest {
  private static final Report REPORT =
      new Report(
          "some",
          "system <1>",
          List.of(
              new CaseResult("A-1", "a", "holds", Outcome.passed(), 12),
              new CaseResult(
                  "A-2", "a", "does \"not\" hold", Outcome.failed("got <x> & \u0001"), 3),
              new CaseResult("B-1", "b", "is not promised", new Outcome.NotApplicable("why"), 0),
              new CaseResult("B-2", "b", "cannot be shown", new Outcome.Skipped("no git"), 0)));

  private static String written(String format) throws Exception {
    StringBuilder out = new StringBuilder();
    REPORT.write(format, out);
    return out.toString();
  }

  @Test
  void textReportCountsSkippedCasesSeparately() throws Exception {
    assertThat(written("text"))
        .contains("FAIL  A-2", "n/a   B-1", "skip  B-2")
        .endsWith("1 passed, 1 failed, 1 not applicable, 1 skipped\n");
  }

  @Test
  void jsonReportIsValidJson() throws Exception {
    var root = new ObjectMapper().readTree(written("json"));
    assertThat(root.get("notApplicable").asInt()).isEqualTo(1);
    assertThat(root.get("skipped").asInt()).isEqualTo(1);
    assertThat(root.get("cases").get(1).get("detail").asText()).startsWith("got <x>");
  }

  @Test
  void aReportThatIsReadHasTheSameResults() throws Exception {
    assertThat(Report.read(written("json")).results()).isEqualTo(REPORT.results());
  }

  @Test
  void junitReportIsWellFormedXml() throws Exception {
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(written("junit").getBytes(StandardCharsets.UTF_8)));
    assertThat(document.getElementsByTagName("testcase").getLength()).isEqualTo(4);
    assertThat(document.getElementsByTagName("failure").getLength()).isEqualTo(1);
    assertThat(document.getElementsByTagName("skipped").getLength()).isEqualTo(2);
  }

  @Test
  void htmlReportIsSelfContained() throws Exception {
    assertThat(written("html"))
        .contains("&lt;x&gt;", "<style>")
        .doesNotContain("<x>", "http://", "https://", "src=");
  }

  @Test
  void htmlReportListsFailuresFirstWithObservations() throws Exception {
    String page = written("html");
    assertThat(page.indexOf(">A-2<")).isBetween(0, page.indexOf(">A-1<"));
    assertThat(page)
        .contains("<td data-name=\"expected\">does &quot;not&quot; hold")
        .contains("<td data-name=\"observed\">got &lt;x&gt; &amp; \\x01")
        .contains("<td data-name=\"observed\">nothing: why", "nothing: no git")
        .contains("<td data-name=\"observed\">as expected");
  }

  @Test
  void htmlReportShowsTimeAndVersionAndLinksThePolicy() throws Exception {
    assertThat(written("html"))
        .contains("system &lt;1&gt;", REPORT.version(), REPORT.time().toString())
        .contains("href=\"#policy\"", "id=\"policy\"", "\n  &quot;");
  }

  /** Without a script the page hides the form and shows every row. */
  @Test
  void htmlReportAdaptsToPhonesAndDarkModeAndWorksWithoutScript() throws Exception {
    String page = written("html");
    assertThat(page)
        .contains("<meta name=\"viewport\"", "color-scheme: light dark", "<form hidden>")
        .contains("prefers-color-scheme: dark", "max-width: 45rem");
    assertThat(page.substring(0, page.indexOf("<script>")).replace("<form hidden>", ""))
        .doesNotContain("hidden>", "hidden=");
  }
}
