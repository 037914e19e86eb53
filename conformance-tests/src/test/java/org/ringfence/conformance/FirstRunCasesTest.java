package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.macos.SeatbeltBackend;
import org.ringfence.macos.bind.ProcessMemory;
import org.ringfence.macos.launch.SeatbeltPrograms;
import org.ringfence.spi.VerifiedBuilds;

/** Checks the list of a first run, and that the cases of macOS see a sandbox without effect. */
class FirstRunCasesTest {
  private static final Path NO_CONFINEMENT =
      Path.of("..", "backend-macos", "src", "test", "seatbelt").toAbsolutePath().normalize();

  /** Sees no process. */
  private static final ProcessMemory NO_MEMORY =
      new ProcessMemory() {
        @Override
        public int[] group(int group) {
          return new int[0];
        }

        @Override
        public OptionalLong footprint(int pid) {
          return OptionalLong.empty();
        }
      };

  private static final List<String> NOT_ON_LINUX =
      List.of(
          "MAC-DATA-VOLUME",
          "MAC-CASE",
          "MAC-CASE-ABSENT",
          "MAC-TEMPORARY-OUTSIDE",
          "MAC-OK-TEMPORARY",
          "MAC-PREFERENCES",
          "MAC-KEYCHAIN",
          "MAC-OK-XCRUN",
          "MAC-ALLOW-TRUSTD",
          "MAC-ALLOW-KEYCHAIN",
          "MAC-ALLOW-GPU");

  @Test
  void eachLineOfTheListBeginsTheIdOfACase() throws Exception {
    SuiteVerification suite = new SuiteVerification();
    assertThat(suite.firstRun()).isNotEmpty().doesNotHaveDuplicates();
    assertThat(suite.unknown(suite.firstRun())).isEmpty();
  }

  @Test
  void listHasCasesOfEachGuaranteeThatAnyCaseNeeds() throws Exception {
    List<String> list = new SuiteVerification().firstRun();
    Set<String> needed = new TreeSet<>();
    Set<String> listed = new TreeSet<>();
    for (ConformanceCase each : ConformanceSuite.catalogue()) {
      needed.addAll(each.needs());
      if (SuiteVerification.wanted(each.id(), list)) {
        listed.addAll(each.needs());
      }
    }
    assertThat(listed).hasSizeGreaterThan(20).containsAll(needed);
  }

  @Test
  void caseOfSomethingThatSucceedsShowsNoDenial() throws Exception {
    Map<String, List<String>> shows = new SuiteVerification().shows();
    assertThat(shows)
        .containsEntry("FW-INSIDE", List.of())
        .containsEntry("FW-CREATE", List.of("files.write"))
        .containsEntry("NET-HOST-PORT", List.of())
        .containsEntry("NET-HOST-OTHER-PORT", List.of("network.external", "network.host-loopback"))
        .containsEntry("NET-OWN-TCP4", List.of("network.own-loopback"))
        .containsEntry("GIT-COMMIT", List.of())
        .containsEntry("MAC-ALLOW-PS", List.of("process.mac-services"))
        .containsEntry("GIT-WIPE", List.of("files.protected-names"));
    List<String> list = new SuiteVerification().firstRun();
    assertThat(
            shows.entrySet().stream().filter(each -> SuiteVerification.wanted(each.getKey(), list)))
        .flatMap(Map.Entry::getValue)
        .as("what cases of a first run show")
        .contains(
            "files.write",
            "files.read",
            "network.external",
            "network.host-loopback",
            "process.isolation");
  }

  /** The profile is made and not applied: each denial has to be found missing. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "a Mac has Seatbelt itself")
  void casesOfMacosFindThatNothingIsConfined(@TempDir Path state) throws Exception {
    SeatbeltBackend backend =
        SeatbeltBackend.with(
            new SeatbeltPrograms(
                "/bin/sh",
                List.of("/bin/sh", NO_CONFINEMENT.resolve("sandbox-exec.sh").toString()),
                NO_CONFINEMENT.resolve("log.sh").toString(),
                NO_CONFINEMENT.resolve("sw_vers.sh").toString()),
            () -> NO_MEMORY,
            VerifiedBuilds.in(state));
    Map<String, CaseResult> results = new TreeMap<>();
    try (ConformanceSuite suite = ConformanceSuite.against(backend)) {
      for (CaseResult each : suite.results(one -> one.id().startsWith("MAC-"))) {
        results.put(each.id(), each);
      }
    }
    assertThat(results).hasSizeGreaterThan(20);
    NOT_ON_LINUX.forEach(
        id -> assertThat(results.remove(id).verdict()).as(id).isEqualTo(CaseVerdict.SKIPPED));
    // A shell on Linux applies this limit itself.
    assertThat(results.remove("MAC-FILE-SIZE").verdict()).isEqualTo(CaseVerdict.PASS);
    results.forEach(
        (id, result) -> {
          if (id.startsWith("MAC-OK-")) {
            assertThat(result.verdict())
                .as("%s", result)
                .isIn(CaseVerdict.PASS, CaseVerdict.SKIPPED);
          } else {
            assertThat(result.verdict()).as("%s", result).isEqualTo(CaseVerdict.FAIL);
            assertThat(result.detail()).containsAnyOf("it succeeds inside", "it is not denied");
          }
        });
  }
}
