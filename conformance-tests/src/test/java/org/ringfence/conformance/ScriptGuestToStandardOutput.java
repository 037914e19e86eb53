package org.ringfence.conformance;

import java.nio.file.Path;
import java.util.List;

/**
 * Runs the suite in a distribution without Java and prints its JSON report. The suite of root runs
 * every case there; this one runs only the selected cases.
 */
public final class ScriptGuestToStandardOutput {
  private ScriptGuestToStandardOutput() {}

  /**
   * Runs the suite.
   *
   * @param args the fake {@code wsl.exe}
   * @throws Exception if the fixture cannot be made
   */
  public static void main(String[] args) throws Exception {
    List<CaseResult> results;
    try (ConformanceSuite suite =
        ConformanceSuite.against(
            Wsl2ConformanceTest.standIn(Path.of(args[0]), false, ""),
            VerifyToStandardOutput.JOBS)) {
      results = suite.results(Selection::carried);
    }
    new Report("wsl2", "user " + System.getProperty("user.name"), results)
        .write("json", System.out);
  }
}
