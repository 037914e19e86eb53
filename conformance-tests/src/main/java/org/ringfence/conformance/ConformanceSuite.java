package org.ringfence.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.ringfence.conformance.CaseResult.Outcome;
import org.ringfence.conformance.ConformanceCase.Body;
import org.ringfence.conformance.ConformanceCase.NotApplicableException;
import org.ringfence.spi.SandboxBackend;

/**
 * All cases, and the run of them against a backend.
 *
 * <pre>{@code
 * try (ConformanceSuite suite = ConformanceSuite.against(backend)) {
 *   for (ConformanceCase each : suite.cases()) {
 *     CaseResult result = suite.run(each);
 *   }
 * }
 * }</pre>
 */
public final class ConformanceSuite implements AutoCloseable {
  private final Stage stage;
  private final Map<ConformanceCase, Body> bodies;

  private ConformanceSuite(Stage stage, Map<ConformanceCase, Body> bodies) {
    this.stage = stage;
    this.bodies = bodies;
  }

  /**
   * Prepares the suite.
   *
   * @param backend the backend to hold to it
   * @return the suite; close it to remove what it made
   * @throws IOException if the fixture cannot be made
   */
  public static ConformanceSuite against(SandboxBackend backend) throws IOException {
    return new ConformanceSuite(new Stage(backend, Fixture.create()), bodies());
  }

  /**
   * All cases, without preparing to run them.
   *
   * @return the cases, by group
   * @throws IOException if the jar lacks the data file
   */
  public static List<ConformanceCase> catalogue() throws IOException {
    return List.copyOf(bodies().keySet());
  }

  private static Map<ConformanceCase, Body> bodies() throws IOException {
    Map<ConformanceCase, Body> bodies = new LinkedHashMap<>();
    for (ProbeCase each : probeCases()) {
      bodies.put(each.about(), each);
    }
    ProcessScenarios.addTo(bodies);
    LifetimeScenarios.addTo(bodies);
    HostileScenarios.addTo(bodies);
    EscapeScenarios.addTo(bodies);
    EgressScenarios.addTo(bodies);
    EgressPrograms.addTo(bodies);
    GitScenarios.addTo(bodies);
    EquivalenceScenarios.addTo(bodies);
    TerminalScenarios.addTo(bodies);
    Set<String> ids = new HashSet<>();
    for (ConformanceCase each : bodies.keySet()) {
      if (!ids.add(each.id())) {
        throw new IllegalStateException("case " + each.id() + " is there twice");
      }
    }
    return bodies;
  }

  private static List<ProbeCase> probeCases() throws IOException {
    List<ProbeCase> cases = new ArrayList<>();
    try (InputStream in = ConformanceSuite.class.getResourceAsStream("cases.json")) {
      JsonNode root = new ObjectMapper().readTree(in);
      for (JsonNode group : root) {
        for (JsonNode each : group.get("cases")) {
          List<String> needs = new ArrayList<>();
          group.withArray("needs").forEach(need -> needs.add(need.asText()));
          each.withArray("needs").forEach(need -> needs.add(need.asText()));
          List<String> probe = new ArrayList<>();
          each.get("probe").forEach(word -> probe.add(word.asText()));
          ConformanceCase about =
              new ConformanceCase(
                  each.get("id").asText(),
                  group.get("group").asText(),
                  each.get("title").asText(),
                  needs);
          String policy = each.path("policy").asText(group.path("policy").asText("write"));
          ProbeCase.Expected expected =
              ProbeCase.Expected.valueOf(
                  each.path("expect").asText("denied").toUpperCase(Locale.ROOT).replace('-', '_'));
          List<String> errors = new ArrayList<>();
          each.withArray("errors").forEach(error -> errors.add(error.asText()));
          cases.add(new ProbeCase(about, policy, probe, expected, errors));
        }
      }
    }
    return cases;
  }

  /**
   * All cases.
   *
   * @return the cases, by group
   */
  public List<ConformanceCase> cases() {
    return List.copyOf(bodies.keySet());
  }

  /**
   * Runs a case.
   *
   * @param each a case of this suite
   * @return what came of it
   */
  public CaseResult run(ConformanceCase each) {
    long start = System.nanoTime();
    Outcome outcome;
    String detail;
    try {
      detail = bodies.get(each).run(stage);
      outcome = detail.isEmpty() ? Outcome.PASS : Outcome.FAIL;
    } catch (NotApplicableException e) {
      outcome = Outcome.NOT_APPLICABLE;
      detail = e.getMessage();
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      outcome = Outcome.FAIL;
      detail = e.toString();
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    return new CaseResult(each.id(), each.group(), each.title(), outcome, detail, millis);
  }

  @Override
  public void close() throws IOException {
    stage.fixture().close();
  }
}
