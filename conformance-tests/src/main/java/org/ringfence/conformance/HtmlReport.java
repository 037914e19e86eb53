package org.ringfence.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.ringfence.policy.json.Presets;
import org.ringfence.text.Printable;

/** A report as one self-contained page, readable without scripts. */
final class HtmlReport {
  /** The preset that the policies of the cases build on. */
  private static final String PRESET = "workspace-write";

  private static final List<CaseVerdict> ORDER =
      List.of(CaseVerdict.FAIL, CaseVerdict.SKIPPED, CaseVerdict.NOT_APPLICABLE, CaseVerdict.PASS);

  private final Report report;
  private final StringBuilder page = new StringBuilder();

  private HtmlReport(Report report) {
    this.report = report;
  }

  static String of(Report report) throws IOException {
    return new HtmlReport(report).page();
  }

  private String page() throws IOException {
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.append("<meta name=\"color-scheme\" content=\"light dark\">\n");
    // A command's text is escaped, and could not load or send anything even unescaped.
    page.append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    page.append("style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; ");
    page.append("form-action 'none'\">\n");
    page.append("<title>Ringfence conformance: ").append(escaped(report.backend()));
    page.append("</title>\n<style>\n").append(resource("report.css")).append("</style>\n");
    page.append("</head>\n<body>\n<h1>Ringfence conformance: ");
    page.append(escaped(report.backend())).append("</h1>\n");
    page.append("<p id=\"summary\">").append(escaped(report.summary())).append("</p>\n");
    facts();
    filter();
    ORDER.forEach(this::section);
    page.append(
        "<section id=\"policy\">\n<h2>Policy</h2>\n<p>Each case changes this preset as its");
    page.append(" claim says, without the protected names where the claim is not about them.</p>");
    page.append("\n<pre>").append(lines(Presets.text(PRESET))).append("</pre>\n</section>\n");
    page.append("<script>\n").append(resource("report.js")).append("</script>\n");
    return page.append("</body>\n</html>\n").toString();
  }

  private void facts() {
    page.append("<dl>\n");
    fact("Backend", escaped(report.backend()));
    fact("Kernel and system", escaped(report.system()));
    fact("Ringfence", escaped(report.version()));
    fact("Date", "<time>" + escaped(report.time().toString()) + "</time>");
    fact("Policy", "<a href=\"#policy\">preset " + PRESET + "</a>");
    page.append("</dl>\n");
  }

  private void fact(String name, String html) {
    page.append("<dt>").append(name).append("<dd>").append(html).append('\n');
  }

  private void filter() {
    page.append("<form hidden>\n<input type=\"search\" name=\"words\" autocomplete=\"off\"");
    page.append(" aria-label=\"Words that a case has\" placeholder=\"Filter\">\n");
    for (CaseVerdict verdict : ORDER) {
      page.append("<label><input type=\"checkbox\" checked name=\"").append(verdict.style());
      page.append("\"> ").append(verdict.word()).append(" (").append(report.count(verdict));
      page.append(")</label>\n");
    }
    page.append("<output aria-live=\"polite\"></output>\n</form>\n");
  }

  private void section(CaseVerdict verdict) {
    List<CaseResult> results =
        report.results().stream().filter(result -> result.verdict() == verdict).toList();
    if (results.isEmpty()) {
      return;
    }
    page.append("<section data-cases>\n<h2>")
        .append(verdict.heading())
        .append(" (")
        .append(results.size());
    page.append(")</h2>\n<table>\n<thead><tr><th>Result<th>Case<th>Expected<th>Observed</thead>");
    page.append("\n<tbody>\n");
    for (CaseResult result : results) {
      page.append("<tr data-outcome=\"").append(verdict.style()).append("\"><td class=\"");
      page.append(verdict.style()).append("\">").append(verdict.word()).append("<td>");
      page.append(escaped(result.id())).append("<small>").append(escaped(result.group()));
      page.append(String.format(Locale.ROOT, ", %.1f s", result.millis() / 1000.0));
      page.append("</small><td data-name=\"expected\">").append(escaped(result.title()));
      page.append("<td data-name=\"observed\">").append(escaped(observed(result))).append('\n');
    }
    page.append("</tbody>\n</table>\n</section>\n");
  }

  private static String observed(CaseResult result) {
    return switch (result.verdict()) {
      case PASS -> "as expected";
      case FAIL -> result.detail();
      case NOT_APPLICABLE, SKIPPED -> "nothing: " + result.detail();
    };
  }

  private static String lines(String text) {
    StringBuilder escaped = new StringBuilder();
    text.lines().forEach(line -> escaped.append(html(Printable.line(line))).append('\n'));
    return escaped.toString();
  }

  private static String escaped(String text) {
    return html(Printable.of(text));
  }

  private static String html(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
