package org.ringfence.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.ringfence.conformance.macos.MacScenarios;
import org.ringfence.conformance.names.ExistingNameScenarios;
import org.ringfence.conformance.names.NearNameScenarios;
import org.ringfence.conformance.scenario.AftermathScenarios;
import org.ringfence.conformance.scenario.CredentialScenarios;
import org.ringfence.conformance.scenario.EgressPrograms;
import org.ringfence.conformance.scenario.EgressScenarios;
import org.ringfence.conformance.scenario.EquivalenceScenarios;
import org.ringfence.conformance.scenario.EscapeScenarios;
import org.ringfence.conformance.scenario.GitGuardScenarios;
import org.ringfence.conformance.scenario.GitScenarios;
import org.ringfence.conformance.scenario.GitSurfaceScenarios;
import org.ringfence.conformance.scenario.HomeScenarios;
import org.ringfence.conformance.scenario.HostileScenarios;
import org.ringfence.conformance.scenario.LifetimeScenarios;
import org.ringfence.conformance.scenario.NamedSocketScenarios;
import org.ringfence.conformance.scenario.OwnFileScenarios;
import org.ringfence.conformance.scenario.PlantedRepositoryScenarios;
import org.ringfence.conformance.scenario.PortScenarios;
import org.ringfence.conformance.scenario.ProbeBody;
import org.ringfence.conformance.scenario.ProcessScenarios;
import org.ringfence.conformance.scenario.PseudoTerminalScenarios;
import org.ringfence.conformance.scenario.RaceScenarios;
import org.ringfence.conformance.scenario.ReplacedPathScenarios;
import org.ringfence.conformance.scenario.StreamScenarios;
import org.ringfence.conformance.scenario.TerminalScenarios;
import org.ringfence.conformance.scenario.WslScenarios;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.windows.WindowsScenarios;

/** The cases of each system: those of {@code cases.json}, and the scenarios. */
final class CaseCatalogue {
  private CaseCatalogue() {}

  /** Returns the cases of every system. */
  static List<ConformanceCase> all() throws IOException {
    List<ConformanceCase> all = new ArrayList<>(posix());
    all.addAll(windows());
    return List.copyOf(all);
  }

  static List<ConformanceCase> windows() {
    List<ConformanceCase> all = new ArrayList<>();
    WindowsScenarios.addTo(all);
    return List.copyOf(all);
  }

  /** Returns the prefixes of the cases of a first run, without comments. */
  static List<String> firstRun() throws IOException {
    try (InputStream in = CaseCatalogue.class.getResourceAsStream("first-run.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .toList();
    }
  }

  /** Returns the cases that lead from a distribution of WSL2 back to Windows. */
  static List<ConformanceCase> doors() {
    List<ConformanceCase> all = new ArrayList<>();
    WslScenarios.addTo(all);
    return List.copyOf(all);
  }

  static List<ConformanceCase> posix() throws IOException {
    List<ConformanceCase> all = new ArrayList<>(probes());
    ProcessScenarios.addTo(all);
    LifetimeScenarios.addTo(all);
    AftermathScenarios.addTo(all);
    NamedSocketScenarios.addTo(all);
    HostileScenarios.addTo(all);
    RaceScenarios.addTo(all);
    NearNameScenarios.addTo(all);
    ExistingNameScenarios.addTo(all);
    CredentialScenarios.addTo(all);
    EscapeScenarios.addTo(all);
    PortScenarios.addTo(all);
    ReplacedPathScenarios.addTo(all);
    OwnFileScenarios.addTo(all);
    EgressScenarios.addTo(all);
    EgressPrograms.addTo(all);
    GitScenarios.addTo(all);
    GitSurfaceScenarios.addTo(all);
    GitGuardScenarios.addTo(all);
    PlantedRepositoryScenarios.addTo(all);
    HomeScenarios.addTo(all);
    EquivalenceScenarios.addTo(all);
    TerminalScenarios.addTo(all);
    PseudoTerminalScenarios.addTo(all);
    StreamScenarios.addTo(all);
    WslScenarios.addTo(all);
    MacScenarios.addTo(all);
    Set<String> ids = new HashSet<>();
    for (ConformanceCase each : all) {
      if (!ids.add(each.id())) {
        throw new IllegalStateException("case " + each.id() + " is there twice");
      }
    }
    return List.copyOf(all);
  }

  private static List<ConformanceCase> probes() throws IOException {
    List<ConformanceCase> cases = new ArrayList<>();
    try (InputStream in = CaseCatalogue.class.getResourceAsStream("cases.json")) {
      for (JsonNode group : new ObjectMapper().readTree(in)) {
        for (JsonNode each : group.get("cases")) {
          cases.add(probe(group, each));
        }
      }
    }
    return cases;
  }

  private static ConformanceCase probe(JsonNode group, JsonNode each) {
    List<String> needs = new ArrayList<>(texts(group, "needs"));
    needs.addAll(texts(each, "needs"));
    ProbeBody.Expected expected =
        ProbeBody.Expected.valueOf(
            each.path("expect").asText("denied").toUpperCase(Locale.ROOT).replace('-', '_'));
    ProbeBody body =
        new ProbeBody(
            each.path("policy").asText(group.path("policy").asText("write")),
            needs,
            texts(each, "probe"),
            expected,
            texts(each, "errors"));
    ConformanceCase made =
        new ConformanceCase(
            each.get("id").asText(),
            group.get("group").asText(),
            each.get("title").asText(),
            needs,
            body);
    return expected == ProbeBody.Expected.OK ? made.permitting() : made.denying();
  }

  private static List<String> texts(JsonNode node, String field) {
    List<String> texts = new ArrayList<>();
    node.path(field).forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
