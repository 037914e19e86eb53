package org.ringfence.conformance;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs the suite in a distribution without Java and prints its JSON report. */
public final class ScriptGuestToStandardOutput {
  private ScriptGuestToStandardOutput() {}

  /**
   * Runs it.
   *
   * @param args what stands in for {@code wsl.exe}
   * @throws Exception if the fixture cannot be made
   */
  public static void main(String[] args) throws Exception {
    List<CaseResult> results = new ArrayList<>();
    try (ConformanceSuite suite =
        ConformanceSuite.against(Wsl2ConformanceTest.standIn(Path.of(args[0]), false, ""))) {
      suite.cases().forEach(each -> results.add(suite.run(each)));
    }
    new Report("wsl2", "user " + System.getProperty("user.name"), results)
        .write("json", System.out);
  }
}
