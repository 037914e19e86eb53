package org.ringfence.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.text.Printable;
import org.ringfence.text.json.ControlEscapes;
import org.ringfence.text.message.BuildVersion;

/**
 * The results of a run as text, JSON, JUnit XML or a self-contained HTML page.
 *
 * @param backend the backend under test
 * @param system the system of the run
 * @param results the results
 * @param planned the number of cases of the run; more than results while it goes on
 * @param version the version of Ringfence
 * @param time when the report was made
 */
public record Report(
    String backend,
    String system,
    List<CaseResult> results,
    int planned,
    String version,
    Instant time) {
  /** The formats of {@link #write}. */
  public static final List<String> FORMATS = List.of("text", "json", "junit", "html");

  /** Copies the list. */
  public Report {
    results = List.copyOf(results);
  }

  /**
   * Creates a report of a completed run.
   *
   * @param backend the backend under test
   * @param system the system of the run
   * @param results the results
   */
  public Report(String backend, String system, List<CaseResult> results) {
    this(
        backend,
        system,
        results,
        results.size(),
        ownVersion(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS));
  }

  /** Returns this report as a part of a run. */
  Report of(int cases) {
    return new Report(backend, system, results, cases, version, time);
  }

  /** Reads the jar's version; classes outside a jar have none. */
  private static String ownVersion() {
    return BuildVersion.of(Report.class).orElse("of a build without a version");
  }

  private boolean over() {
    return results.size() >= planned;
  }

  /**
   * Counts results.
   *
   * @param verdict a verdict
   * @return the number of cases with this verdict
   */
  public long count(CaseVerdict verdict) {
    return results.stream().filter(result -> result.verdict() == verdict).count();
  }

  /**
   * Writes the report.
   *
   * @param format one of {@link #FORMATS}
   * @param out the destination
   * @throws IOException if it cannot be written
   */
  public void write(String format, Appendable out) throws IOException {
    out.append(
        switch (format) {
          case "text" -> text();
          case "json" -> json();
          case "junit" -> junit();
          case "html" -> HtmlReport.of(this);
          default -> throw new IllegalArgumentException("no format " + format);
        });
  }

  String summary() {
    return count(CaseVerdict.PASS)
        + " passed, "
        + count(CaseVerdict.FAIL)
        + " failed, "
        + count(CaseVerdict.NOT_APPLICABLE)
        + " not applicable, "
        + count(CaseVerdict.SKIPPED)
        + " skipped"
        + (over() ? "" : "; the run is not over: " + results.size() + " of " + planned + " cases");
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    text.append("backend ").append(backend).append(" on ").append(system).append('\n');
    for (CaseResult result : results) {
      text.append(String.format("  %-4s  ", result.verdict().word()));
      text.append(String.format("%-26s", result.id()))
          .append(Printable.of(result.title()))
          .append('\n');
      if (!result.detail().isEmpty()) {
        text.append(" ".repeat(34)).append(Printable.of(result.detail())).append('\n');
      }
    }
    return text.append(summary()).append('\n').toString();
  }

  private String json() throws IOException {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    mapper.getFactory().setCharacterEscapes(new ControlEscapes());
    ObjectNode root = mapper.createObjectNode();
    root.put("backend", backend);
    root.put("system", system);
    root.put("version", version);
    root.put("time", time.toString());
    root.put("passed", count(CaseVerdict.PASS));
    root.put("failed", count(CaseVerdict.FAIL));
    root.put("notApplicable", count(CaseVerdict.NOT_APPLICABLE));
    root.put("skipped", count(CaseVerdict.SKIPPED));
    root.put("planned", planned);
    ArrayNode cases = root.putArray("cases");
    for (CaseResult result : results) {
      ObjectNode node = cases.addObject();
      node.put("id", result.id());
      node.put("group", result.group());
      node.put("title", result.title());
      node.put("outcome", result.verdict().name());
      node.put("detail", result.detail());
      node.put("millis", result.millis());
    }
    return mapper.writeValueAsString(root) + "\n";
  }

  /**
   * Reads a report written as JSON.
   *
   * @param json the text
   * @return the report
   * @throws IOException if the text is no such report
   */
  static Report read(String json) throws IOException {
    JsonNode root = new ObjectMapper().readTree(json);
    List<CaseResult> results = new ArrayList<>();
    try {
      for (JsonNode each : root.required("cases")) {
        results.add(
            new CaseResult(
                each.required("id").asText(),
                each.required("group").asText(),
                each.required("title").asText(),
                CaseVerdict.valueOf(each.required("outcome").asText())
                    .because(each.required("detail").asText()),
                each.required("millis").asLong()));
      }
      return new Report(
          root.required("backend").asText(), root.required("system").asText(), results);
    } catch (IllegalArgumentException e) {
      throw new IOException("this is no report: " + e.getMessage(), e);
    }
  }

  private String junit() {
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.append("<testsuite name=\"ringfence ").append(escaped(backend)).append("\" tests=\"");
    xml.append(results.size()).append("\" failures=\"").append(count(CaseVerdict.FAIL));
    xml.append("\" skipped=\"");
    xml.append(count(CaseVerdict.NOT_APPLICABLE) + count(CaseVerdict.SKIPPED)).append("\">\n");
    for (CaseResult result : results) {
      xml.append("  <testcase classname=\"ringfence.").append(escaped(result.group()));
      xml.append("\" name=\"").append(escaped(result.id() + ": " + result.title()));
      xml.append("\" time=\"").append(result.millis() / 1000.0).append("\"");
      switch (result.verdict()) {
        case PASS -> xml.append("/>\n");
        case FAIL ->
            xml.append("><failure message=\"")
                .append(escaped(result.detail()))
                .append("\"/></testcase>\n");
        case NOT_APPLICABLE, SKIPPED ->
            xml.append("><skipped message=\"")
                .append(escaped(result.detail()))
                .append("\"/></testcase>\n");
      }
    }
    return xml.append("</testsuite>\n").toString();
  }

  private static String escaped(String text) {
    return Printable.of(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
