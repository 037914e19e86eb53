package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.conformance.CaseResult.Outcome;
import org.ringfence.linux.BubblewrapBackend;

/** The suite once more in a JVM of an ordinary user, when the build runs as root. */
class OrdinaryUserConformanceTest {
  private static final int FEWEST_PASSES = 180;

  @TestFactory
  Stream<DynamicTest> landlock() throws Exception {
    return cases("landlock");
  }

  @TestFactory
  Stream<DynamicTest> bubblewrap() throws Exception {
    assumeTrue(
        new BubblewrapBackend().probe().usable(),
        () -> "no bubblewrap here: " + new BubblewrapBackend().probe().reasons());
    return cases("bubblewrap");
  }

  private static Stream<DynamicTest> cases(String backend) throws Exception {
    JsonNode report;
    try (OrdinaryUser user = OrdinaryUser.create()) {
      Process jvm = user.java(VerifyToStandardOutput.class.getName(), backend).start();
      String json = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      jvm.waitFor();
      report = new ObjectMapper().readTree(json);
    }
    assertThat(report.get("system").asText()).doesNotContain("user root");
    assertThat(report.get("passed").asInt()).isGreaterThan(FEWEST_PASSES);
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode each : report.get("cases")) {
      CaseResult result =
          new CaseResult(
              each.get("id").asText(),
              each.get("group").asText(),
              each.get("title").asText(),
              Outcome.valueOf(each.get("outcome").asText()),
              each.get("detail").asText(),
              each.get("millis").asLong());
      tests.add(
          DynamicTest.dynamicTest(
              result.id() + ": " + result.title(), () -> LandlockConformanceTest.report(result)));
    }
    return tests.stream();
  }
}
