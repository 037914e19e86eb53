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
import java.util.concurrent.Callable;
import org.ringfence.conformance.ConformanceCase.Body;
import org.ringfence.conformance.ConformanceCase.NotApplicableException;
import org.ringfence.conformance.windows.WindowsCases;
import org.ringfence.policy.PathStyle;
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
  private final AutoCloseable fixture;
  private final Map<ConformanceCase, Callable<String>> cases;

  private ConformanceSuite(AutoCloseable fixture, Map<ConformanceCase, Callable<String>> cases) {
    this.fixture = fixture;
    this.cases = cases;
  }

  /**
   * Prepares the suite, with the cases of the system that this is.
   *
   * @param backend the backend to hold to it
   * @return the suite; close it to remove what it made
   * @throws IOException if the fixture cannot be made
   */
  public static ConformanceSuite against(SandboxBackend backend) throws IOException {
    Map<ConformanceCase, Callable<String>> cases = new LinkedHashMap<>();
    if (PathStyle.current() == PathStyle.WINDOWS) {
      WindowsCases windows = WindowsCases.against(backend);
      for (ConformanceCase each : windowsCatalogue()) {
        cases.put(each, () -> run(windows, each.id()));
      }
      return new ConformanceSuite(windows, cases);
    }
    Stage stage = new Stage(backend, Fixture.create());
    bodies().forEach((each, body) -> cases.put(each, () -> body.run(stage)));
    return new ConformanceSuite(stage.fixture(), cases);
  }

  private static String run(WindowsCases windows, String id) throws Exception {
    String reason = windows.inapplicable(id);
    if (!reason.isEmpty()) {
      throw new NotApplicableException(reason);
    }
    return windows.body(id).call();
  }

  private static List<ConformanceCase> windowsCatalogue() {
    return WindowsCases.catalogue().stream()
        .map(each -> new ConformanceCase(each.id(), each.group(), each.title(), each.needs()))
        .toList();
  }

  /**
   * All cases of all systems, without preparing to run them.
   *
   * @return the cases, by group
   * @throws IOException if the jar lacks the data file
   */
  public static List<ConformanceCase> catalogue() throws IOException {
    List<ConformanceCase> all = new ArrayList<>(bodies().keySet());
    all.addAll(windowsCatalogue());
    return List.copyOf(all);
  }

  private static Map<ConformanceCase, Body> bodies() throws IOException {
    Map<ConformanceCase, Body> bodies = new LinkedHashMap<>();
    for (ProbeCase each : probeCases()) {
      bodies.put(each.about(), each);
    }
    ProcessScenarios.addTo(bodies);
    LifetimeScenarios.addTo(bodies);
    AftermathScenarios.addTo(bodies);
    NamedSocketScenarios.addTo(bodies);
    HostileScenarios.addTo(bodies);
    EscapeScenarios.addTo(bodies);
    PortScenarios.addTo(bodies);
    ReplacedPathScenarios.addTo(bodies);
    OwnFileScenarios.addTo(bodies);
    EgressScenarios.addTo(bodies);
    EgressPrograms.addTo(bodies);
    GitScenarios.addTo(bodies);
    GitSurfaceScenarios.addTo(bodies);
    PlantedRepositoryScenarios.addTo(bodies);
    HomeScenarios.addTo(bodies);
    EquivalenceScenarios.addTo(bodies);
    TerminalScenarios.addTo(bodies);
    PseudoTerminalScenarios.addTo(bodies);
    StreamScenarios.addTo(bodies);
    WslScenarios.addTo(bodies);
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
    return List.copyOf(cases.keySet());
  }

  /**
   * Runs a case.
   *
   * @param each a case of this suite
   * @return what came of it
   */
  public CaseResult run(ConformanceCase each) {
    return CaseResult.of(each, cases.get(each));
  }

  @Override
  public void close() throws IOException {
    try {
      fixture.close();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }
}
