package org.ringfence.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ringfence.conformance.CaseResult.Outcome;
import org.ringfence.event.Printable;
import org.ringfence.event.json.ControlEscapes;

/**
 * The results of a run as text, JSON, JUnit XML or a self-contained HTML page.
 *
 * @param backend the backend that was run
 * @param system what it was run on
 * @param results the results
 * @param planned how many cases the run has; more than results while it goes on
 */
public record Report(String backend, String system, List<CaseResult> results, int planned) {
  /** The formats of {@link #write}. */
  public static final List<String> FORMATS = List.of("text", "json", "junit", "html");

  /** Copies the list. */
  public Report {
    results = List.copyOf(results);
  }

  /**
   * A report of a run that is over.
   *
   * @param backend the backend that was run
   * @param system what it was run on
   * @param results the results
   */
  public Report(String backend, String system, List<CaseResult> results) {
    this(backend, system, results, results.size());
  }

  /** The same as a part of a run. */
  Report of(int cases) {
    return new Report(backend, system, results, cases);
  }

  private boolean over() {
    return results.size() >= planned;
  }

  /**
   * Counts results.
   *
   * @param outcome an outcome
   * @return how many cases ended so
   */
  public long count(Outcome outcome) {
    return results.stream().filter(result -> result.outcome() == outcome).count();
  }

  /**
   * Writes the report.
   *
   * @param format one of {@link #FORMATS}
   * @param out where to
   * @throws IOException if it cannot be written
   */
  public void write(String format, Appendable out) throws IOException {
    out.append(
        switch (format) {
          case "text" -> text();
          case "json" -> json();
          case "junit" -> junit();
          case "html" -> html();
          default -> throw new IllegalArgumentException("no format " + format);
        });
  }

  private String summary() {
    return count(Outcome.PASS)
        + " passed, "
        + count(Outcome.FAIL)
        + " failed, "
        + count(Outcome.NOT_APPLICABLE)
        + " not applicable"
        + (over() ? "" : "; the run is not over: " + results.size() + " of " + planned + " cases");
  }

  private static String word(Outcome outcome) {
    return switch (outcome) {
      case PASS -> "pass";
      case FAIL -> "FAIL";
      case NOT_APPLICABLE -> "n/a ";
    };
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    text.append("backend ").append(backend).append(" on ").append(system).append('\n');
    for (CaseResult result : results) {
      text.append("  ").append(word(result.outcome())).append("  ");
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
    root.put("passed", count(Outcome.PASS));
    root.put("failed", count(Outcome.FAIL));
    root.put("notApplicable", count(Outcome.NOT_APPLICABLE));
    root.put("planned", planned);
    ArrayNode cases = root.putArray("cases");
    for (CaseResult result : results) {
      ObjectNode node = cases.addObject();
      node.put("id", result.id());
      node.put("group", result.group());
      node.put("title", result.title());
      node.put("outcome", result.outcome().name());
      node.put("detail", result.detail());
      node.put("millis", result.millis());
    }
    return mapper.writeValueAsString(root) + "\n";
  }

  /**
   * Reads what was written as JSON.
   *
   * @param json the text
   * @return the report
   * @throws IOException if it is something else
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
                Outcome.valueOf(each.required("outcome").asText()),
                each.required("detail").asText(),
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
    xml.append(results.size()).append("\" failures=\"").append(count(Outcome.FAIL));
    xml.append("\" skipped=\"").append(count(Outcome.NOT_APPLICABLE)).append("\">\n");
    for (CaseResult result : results) {
      xml.append("  <testcase classname=\"ringfence.").append(escaped(result.group()));
      xml.append("\" name=\"").append(escaped(result.id() + ": " + result.title()));
      xml.append("\" time=\"").append(result.millis() / 1000.0).append("\"");
      switch (result.outcome()) {
        case PASS -> xml.append("/>\n");
        case FAIL ->
            xml.append("><failure message=\"")
                .append(escaped(result.detail()))
                .append("\"/></testcase>\n");
        case NOT_APPLICABLE ->
            xml.append("><skipped message=\"")
                .append(escaped(result.detail()))
                .append("\"/></testcase>\n");
      }
    }
    return xml.append("</testsuite>\n").toString();
  }

  private String html() {
    StringBuilder page =
        new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n");
    page.append("<title>Ringfence conformance: ").append(escaped(backend)).append("</title>\n");
    page.append("<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;");
    page.append("padding:0 1rem}td{padding:.2rem .8rem;vertical-align:top}td:first-child{");
    page.append("font-weight:600}.PASS{color:#176a2b}.FAIL{color:#b00020}.NOT_APPLICABLE{");
    page.append("color:#6b6b6b}small{display:block;color:#6b6b6b}</style>\n");
    page.append("<h1>").append(escaped(backend)).append("</h1>\n<p>").append(escaped(system));
    page.append("</p>\n<p>").append(summary()).append("</p>\n");
    Map<String, StringBuilder> groups = new LinkedHashMap<>();
    for (CaseResult result : results) {
      StringBuilder rows = groups.computeIfAbsent(result.group(), group -> new StringBuilder());
      rows.append("<tr><td class=\"").append(result.outcome()).append("\">");
      rows.append(word(result.outcome()).trim()).append("<td>").append(escaped(result.id()));
      rows.append("<td>").append(escaped(result.title()));
      if (!result.detail().isEmpty()) {
        rows.append("<small>").append(escaped(result.detail())).append("</small>");
      }
      rows.append('\n');
    }
    groups.forEach(
        (group, rows) ->
            page.append("<h2>")
                .append(escaped(group))
                .append("</h2>\n<table>\n")
                .append(rows)
                .append("</table>\n"));
    return page.append("</html>\n").toString();
  }

  private static String escaped(String text) {
    return Printable.of(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
