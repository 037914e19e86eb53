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
import org.junit.jupiter.api.Test;
import org.ringfence.plan.Availability;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.MachineState;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;

class SelfTestTest {
  private final List<String> kept = new ArrayList<>();

  private final MachineState state =
      new MachineState() {
        @Override
        public String system() {
          return "test";
        }

        @Override
        public List<Finding> setup(Setup options) {
          return List.of();
        }

        @Override
        public List<Finding> status(List<Path> sweep) {
          return List.of();
        }

        @Override
        public List<Finding> repair(List<Path> sweep) {
          return List.of();
        }

        @Override
        public List<Finding> collect() {
          return List.of();
        }

        @Override
        public List<Finding> teardown() {
          return List.of();
        }

        @Override
        public String build() {
          return "Windows 10.0.26100";
        }

        @Override
        public void keepSelfTest(String backend, boolean passed) {
          kept.add(backend + (passed ? " passed" : " not"));
        }
      };

  /** Each backend has one case, whose outcome is in the backend's id. */
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
        public Result run(Request request, Appendable report, Progress progress)
            throws IOException {
          Result result =
              Result.valueOf(request.backend().toUpperCase(Locale.ROOT).replace('-', '_'));
          report.append(
              "{\"cases\":[{\"id\":\"WIN-A\",\"title\":\"a file\",\"outcome\":\""
                  + result
                  + "\",\"detail\":\"seen \\u001b[31m\"}]}");
          return result;
        }
      };

  private record OneBackend(String id, boolean usable) implements SandboxBackend {
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

  private SelfTest.Reports run(SandboxBackend... backends) throws IOException {
    return new SelfTest(state, SUITE, List.of(backends)).run(Verification.Progress.NONE);
  }

  @Test
  void eachAvailableBackendIsTriedAndItsResultKept() throws Exception {
    SelfTest.Reports reports =
        run(
            new OneBackend("passed", true),
            new OneBackend("failed", true),
            new OneBackend("absent", false));
    assertThat(kept).containsExactly("passed passed", "failed not", "absent not");
    assertThat(reports.code()).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(reports.json());
    assertThat(json.get("build").asText()).isEqualTo("Windows 10.0.26100");
    assertThat(json.at("/backends/0/facts/system").asText()).isEqualTo("a build");
    assertThat(json.at("/backends/1/cases/cases/0/id").asText()).isEqualTo("WIN-A");
    assertThat(json.at("/backends/2/reasons/0").asText()).isEqualTo("no accounts");
    assertThat(reports.text())
        .contains("self-test on Windows 10.0.26100", "backend absent is not available")
        .contains("FAILED  WIN-A  a file")
        .doesNotContain("\u001b");
  }

  @Test
  void nothingIsVerifiedWhereNothingPassedAndNothingFailed() throws Exception {
    assertThat(run(new OneBackend("absent", false)).code()).isEqualTo(3);
    assertThat(run(new OneBackend("nothing-verified", true)).code()).isEqualTo(3);
    assertThat(run(new OneBackend("passed", true), new OneBackend("absent", false)).code())
        .isZero();
    assertThat(run(new OneBackend("nothing-verified", true), new OneBackend("passed", true)).code())
        .isZero();
    assertThat(kept).contains("nothing-verified not");
  }
}
