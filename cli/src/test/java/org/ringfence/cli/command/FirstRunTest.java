package org.ringfence.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.plan.Availability;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;
import org.ringfence.spi.VerifiedBackend;
import org.ringfence.spi.VerifiedBuilds;

class FirstRunTest {
  @TempDir private Path state;
  private static final Map<Verification.Result, String> OUTCOMES =
      Map.of(
          Verification.Result.PASSED, "PASS",
          Verification.Result.FAILED, "FAIL",
          Verification.Result.NOTHING_VERIFIED, "SKIPPED");

  private final List<String> parts = new ArrayList<>();

  /**
   * Each backend has a case, whose outcome is in the backend's id, and one more that is skipped.
   * The suite reports a run as passed when one of them has.
   */
  private static final Verification SUITE =
      new Verification() {
        @Override
        public List<String> formats() {
          return List.of("json");
        }

        @Override
        public List<String> unknown(List<String> filters) {
          return List.of();
        }

        @Override
        public List<String> firstRun() {
          return List.of("WIN-");
        }

        @Override
        public Map<String, List<String>> shows() {
          return Map.of("WIN-A", List.of("files.write"), "WIN-B", List.of("files.read"));
        }

        @Override
        public Result run(Request request, Appendable report, Progress progress)
            throws IOException {
          Result result =
              Result.valueOf(request.backend().toUpperCase(Locale.ROOT).replace('-', '_'));
          report.append(
              "{\"cases\":[{\"id\":\"WIN-A\",\"title\":\"a file\",\"outcome\":\""
                  + OUTCOMES.get(result)
                  + "\",\"detail\":\"seen \\u001b[31m\"},"
                  + "{\"id\":\"WIN-B\",\"outcome\":\"SKIPPED\"}]}");
          return result;
        }
      };

  private record OneBackend(String id, boolean usable, VerifiedBuilds results)
      implements SandboxBackend, VerifiedBackend {
    @Override
    public String build() {
      return "Windows 10.0.26100";
    }

    @Override
    public Optional<VerifiedBuilds> verifiedBuilds() {
      return Optional.of(results);
    }

    @Override
    public BackendInfo info() {
      return BackendInfo.of(id, HostSystem.WINDOWS, 1, "for a test");
    }

    @Override
    public Availability probe() {
      return usable
          ? Availability.available(Map.of("system", "a build"))
          : Availability.unavailable("no accounts", "set up");
    }

    @Override
    public SandboxPlan plan(EffectivePolicy policy) {
      throw new AssertionError("the suite plans");
    }

    @Override
    public String explain(EffectivePolicy policy) {
      throw new AssertionError("nothing is explained");
    }

    @Override
    public BackendSession open(SandboxPlan plan, EventSink listener) {
      throw new AssertionError("the suite opens");
    }
  }

  private OneBackend backend(String id, boolean usable) {
    return new OneBackend(id, usable, VerifiedBuilds.in(state));
  }

  private Set<String> shown(String backend) {
    return VerifiedBuilds.in(state).shown(backend, "Windows 10.0.26100");
  }

  private FirstRun.Reports run(SandboxBackend... backends) throws IOException {
    return new FirstRun("ringfence-first-run", SUITE, List.of("WIN-"), 1, List.of(backends))
        .run(Verification.Progress.NONE, parts::add);
  }

  @Test
  void eachAvailableBackendIsTriedAndItsResultKept() throws Exception {
    FirstRun.Reports reports =
        run(backend("passed", true), backend("failed", true), backend("absent", false));
    assertThat(shown("passed")).as("of the skipped case, nothing").containsOnly("files.write");
    assertThat(shown("failed")).isEmpty();
    assertThat(shown("absent")).isEmpty();
    assertThat(reports.code()).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(reports.json());
    assertThat(json.get("report").asText()).isEqualTo("ringfence-first-run");
    assertThat(json.at("/backends/0/build").asText()).isEqualTo("Windows 10.0.26100");
    assertThat(json.at("/backends/0/kept").asBoolean()).isTrue();
    assertThat(json.at("/backends/0/shown")).hasSize(1);
    assertThat(json.at("/backends/0/facts/system").asText()).isEqualTo("a build");
    assertThat(json.at("/backends/1/cases/cases/0/id").asText()).isEqualTo("WIN-A");
    assertThat(json.at("/backends/2/reasons/0").asText()).isEqualTo("no accounts");
    assertThat(reports.text())
        .contains("backend passed on Windows 10.0.26100: PASSED")
        .contains("backend absent is not available")
        .contains("FAIL  WIN-A  a file")
        .doesNotContain("\u001b");
  }

  @Test
  void reportHasWhatIsDoneAfterEachBackend() throws Exception {
    FirstRun.Reports reports = run(backend("passed", true), backend("absent", false));
    assertThat(parts).hasSize(2).last().isEqualTo(reports.json());
    assertThat(new ObjectMapper().readTree(parts.get(0)).at("/backends")).hasSize(1);
  }

  @Test
  void laterFailureOrAnotherBuildEndsAnEarlierResult() throws Exception {
    VerifiedBuilds results = VerifiedBuilds.in(state);
    results.keep("failed", "Windows 10.0.26100", Set.of("files.write"));
    assertThat(shown("failed")).isNotEmpty();
    run(backend("failed", true));
    assertThat(shown("failed")).isEmpty();
    results.keep("passed", "Windows 10.0.22631", Set.of("files.write"));
    assertThat(shown("passed")).isEmpty();
  }

  @Test
  void nothingIsVerifiedWhereNothingPassedAndNothingFailed() throws Exception {
    assertThat(run(backend("absent", false)).code()).isEqualTo(3);
    assertThat(run(backend("nothing-verified", true)).code()).isEqualTo(3);
    assertThat(run(backend("passed", true), backend("absent", false)).code()).isZero();
    assertThat(run(backend("nothing-verified", true), backend("passed", true)).code()).isZero();
    assertThat(shown("nothing-verified")).isEmpty();
  }
}
