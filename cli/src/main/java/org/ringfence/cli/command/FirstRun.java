package org.ringfence.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.ringfence.SandboxException;
import org.ringfence.cli.policy.OutputFile;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.plan.Availability;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;
import org.ringfence.spi.VerifiedBackend;
import org.ringfence.spi.VerifiedBuilds;
import org.ringfence.text.Printable;
import org.ringfence.text.json.ControlEscapes;

/**
 * Runs cases of the conformance suite against each backend of a system that is available, joins the
 * reports, and keeps which guarantees each backend has shown on which build.
 */
final class FirstRun {
  private static final String PASS = "PASS";

  private final String name;
  private final Verification suite;
  private final List<String> cases;
  private final int jobs;
  private final List<SandboxBackend> backends;
  private final ObjectMapper mapper;

  /**
   * Prepares a run.
   *
   * @param name the report's name
   * @param suite the conformance suite
   * @param cases prefixes of case ids; empty for all
   * @param jobs how many cases may run at a time
   * @param backends the backends to try
   */
  FirstRun(
      String name,
      Verification suite,
      List<String> cases,
      int jobs,
      List<SandboxBackend> backends) {
    this.name = name;
    this.suite = suite;
    this.cases = List.copyOf(cases);
    this.jobs = jobs;
    this.backends = List.copyOf(backends);
    this.mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    mapper.getFactory().setCharacterEscapes(new ControlEscapes());
  }

  /** Receives the report after each backend: a run that is interrupted leaves a part. */
  @FunctionalInterface
  interface ReportSoFar {
    /** Ignores it. */
    ReportSoFar NONE = json -> {};

    void write(String json) throws IOException;
  }

  /**
   * The reports and the exit code.
   *
   * @param json the whole report
   * @param text the same for people
   * @param code 0 when a backend passed and no case failed, 1 when a case failed, 3 when nothing
   *     was tried
   */
  record Reports(String json, String text, int code) {}

  Reports run(Verification.Progress progress, ReportSoFar soFar) throws IOException {
    ObjectNode report = mapper.createObjectNode();
    report.put("report", name);
    report.put("version", 1);
    String system =
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch")
            + ", Java "
            + Runtime.version();
    report.put("system", system);
    ArrayNode all = report.putArray("backends");
    StringBuilder text = new StringBuilder(name + " on " + Printable.of(system) + "\n");
    int code = ExitCode.NOTHING_VERIFIED;
    for (SandboxBackend backend : backends) {
      ObjectNode one = all.addObject().put("backend", backend.info().id());
      Availability availability = backend.probe();
      one.put("available", availability.usable());
      text.append('\n');
      if (availability.usable()) {
        Verification.Result result = tried(backend, availability, one, progress);
        text.append(people(one));
        code = joined(code, result);
      } else {
        ArrayNode reasons = one.putArray("reasons");
        availability.reasons().forEach(reasons::add);
        text.append("backend ").append(backend.info().id()).append(" is not available\n");
        availability
            .reasons()
            .forEach(reason -> text.append("  ").append(Printable.of(reason)).append('\n'));
      }
      soFar.write(mapper.writeValueAsString(report) + "\n");
    }
    return new Reports(mapper.writeValueAsString(report) + "\n", text.toString(), code);
  }

  private Verification.Result tried(
      SandboxBackend backend,
      Availability availability,
      ObjectNode one,
      Verification.Progress progress)
      throws IOException {
    String id = backend.info().id();
    Optional<VerifiedBackend> verified = backend.extension(VerifiedBackend.class);
    Optional<String> build = build(verified, one);
    ObjectNode facts = one.putObject("facts");
    availability.facts().forEach(facts::put);
    // A run that does not end must not leave the result of an earlier one.
    if (verified.isPresent() && build.isPresent()) {
      keep(verified.get(), id, build.get(), Set.of(), one);
    }
    StringBuilder report = new StringBuilder();
    Verification.Result result =
        suite.run(new Verification.Request(id, cases, "json", jobs), report, progress);
    one.put("result", result.name());
    one.set("cases", mapper.readTree(report.toString()));
    if (verified.isPresent() && build.isPresent()) {
      Set<String> shown =
          result == Verification.Result.PASSED ? shown(one.path("cases").path("cases")) : Set.of();
      keep(verified.get(), id, build.get(), shown, one);
    }
    return result;
  }

  /** Returns the guarantees that passing cases have shown. */
  private Set<String> shown(JsonNode results) throws IOException {
    Map<String, List<String>> shows = suite.shows();
    Set<String> shown = new TreeSet<>();
    for (JsonNode each : results) {
      if (each.path("outcome").asText().equals(PASS)) {
        shown.addAll(shows.getOrDefault(each.path("id").asText(), List.of()));
      }
    }
    return shown;
  }

  /** Keeps a result; what prevents that is in the report, which has the cases all the same. */
  private static void keep(
      VerifiedBackend backend, String id, String build, Set<String> shown, ObjectNode one) {
    boolean kept = false;
    try {
      Optional<VerifiedBuilds> builds = backend.verifiedBuilds();
      if (builds.isPresent()) {
        builds.get().keep(id, build, shown);
        kept = !shown.isEmpty();
      }
    } catch (IOException e) {
      one.put("keepProblem", e.toString());
    }
    one.put("kept", kept);
    ArrayNode guarantees = one.putArray("shown");
    shown.forEach(guarantees::add);
  }

  /** Returns the build that the result belongs to: where none is known, no result is kept. */
  private static Optional<String> build(Optional<VerifiedBackend> verified, ObjectNode one) {
    if (verified.isEmpty()) {
      return Optional.empty();
    }
    try {
      String build = verified.get().build();
      one.put("build", build);
      return Optional.of(build);
    } catch (SandboxException e) {
      one.put("buildProblem", e.getMessage());
      return Optional.empty();
    }
  }

  private static int joined(int code, Verification.Result result) {
    if (code == ExitCode.NO || result == Verification.Result.FAILED) {
      return ExitCode.NO;
    }
    return result == Verification.Result.PASSED ? ExitCode.OK : code;
  }

  /** Writes a line for each case, and its detail. */
  private static String people(ObjectNode one) {
    StringBuilder text = new StringBuilder("backend " + one.get("backend").asText());
    if (one.has("build")) {
      text.append(" on ").append(Printable.of(one.get("build").asText()));
    }
    text.append(": ").append(one.get("result").asText()).append('\n');
    one.get("cases")
        .path("cases")
        .forEach(
            each -> {
              text.append("  ").append(each.path("outcome").asText()).append("  ");
              text.append(each.path("id").asText()).append("  ");
              text.append(Printable.of(each.path("title").asText())).append('\n');
              String detail = each.path("detail").asText();
              if (!detail.isEmpty()) {
                text.append("      ").append(Printable.of(detail)).append('\n');
              }
            });
    return text.toString();
  }

  /**
   * Replaces a report's file atomically, so that a reader never sees a part of it.
   *
   * @param file the file, which no command of the usual policy may exchange
   * @param report writes the report
   */
  static void write(Path file, Verification.PartialReport report) throws IOException {
    EffectivePolicy usual =
        EffectivePolicy.of(PolicyReader.presetOrFile("workspace-write"), PathContext.current());
    try (OutputFile.Replacement replacement = new OutputFile(file, usual).replacing()) {
      report.write(replacement.writer());
      replacement.commit();
    } catch (FileSystemException e) {
      throw FileFailure.of("cannot write the report", file.toString(), e);
    }
  }
}
