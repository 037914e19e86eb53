package org.ringfence.cli.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.plan.Availability;
import org.ringfence.spi.MachineState;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;
import org.ringfence.text.Printable;
import org.ringfence.text.json.ControlEscapes;

/**
 * Runs the conformance suite against each backend of a system that is available, joins the reports,
 * and keeps which backend passed on which build.
 */
final class SelfTest {
  private final MachineState state;
  private final Verification suite;
  private final List<SandboxBackend> backends;

  /**
   * Prepares a test.
   *
   * @param state keeps the results
   * @param suite the conformance suite
   * @param backends the backends to try
   */
  SelfTest(MachineState state, Verification suite, List<SandboxBackend> backends) {
    this.state = state;
    this.suite = suite;
    this.backends = List.copyOf(backends);
  }

  /**
   * The reports and the exit code.
   *
   * @param json the whole report
   * @param text the same for people
   * @param code 0 when each available backend passed, 1 when a case failed, 3 when nothing was
   *     tried
   */
  record Reports(String json, String text, int code) {}

  Reports run(Verification.Progress progress) throws IOException {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    mapper.getFactory().setCharacterEscapes(new ControlEscapes());
    ObjectNode report = mapper.createObjectNode();
    report.put("report", "ringfence-selftest");
    report.put("version", 1);
    String build = state.build();
    report.put("build", build);
    ArrayNode all = report.putArray("backends");
    StringBuilder text = new StringBuilder("self-test on " + Printable.of(build) + "\n");
    int code = ExitCode.NOTHING_VERIFIED;
    for (SandboxBackend backend : backends) {
      String id = backend.info().id();
      ObjectNode one = all.addObject().put("backend", id);
      Availability availability = backend.probe();
      one.put("available", availability.usable());
      if (!availability.usable()) {
        ArrayNode reasons = one.putArray("reasons");
        availability.reasons().forEach(reasons::add);
        text.append("\nbackend ").append(id).append(" is not available\n");
        availability
            .reasons()
            .forEach(reason -> text.append("  ").append(Printable.of(reason)).append('\n'));
        state.keepSelfTest(id, false);
        continue;
      }
      ObjectNode told = one.putObject("facts");
      availability.facts().forEach(told::put);
      StringBuilder cases = new StringBuilder();
      Verification.Result result =
          suite.run(new Verification.Request(id, List.of(), "json"), cases, progress);
      one.put("result", result.name());
      one.set("cases", mapper.readTree(cases.toString()));
      text.append('\n').append(people(one)).append('\n');
      state.keepSelfTest(id, result == Verification.Result.PASSED);
      code = joined(code, result);
    }
    return new Reports(mapper.writeValueAsString(report) + "\n", text.toString(), code);
  }

  private static int joined(int code, Verification.Result result) {
    if (code == ExitCode.NO || result == Verification.Result.FAILED) {
      return ExitCode.NO;
    }
    return result == Verification.Result.PASSED ? ExitCode.OK : code;
  }

  /** Writes a line for each case, and its detail. */
  private static String people(ObjectNode one) {
    StringBuilder text = new StringBuilder("backend " + one.get("backend").asText() + ": ");
    text.append(one.get("result").asText()).append('\n');
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
}
