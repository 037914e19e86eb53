package org.ringfence.conformance;

import java.util.List;
import org.ringfence.spi.Verification;

/** Runs the suite and prints its JSON report. */
public final class VerifyToStandardOutput {
  private VerifyToStandardOutput() {}

  /**
   * Runs the suite.
   *
   * @param args the backend's id
   * @throws Exception if the fixture cannot be made
   */
  public static void main(String[] args) throws Exception {
    StringBuilder report = new StringBuilder();
    new SuiteVerification()
        .run(
            new Verification.Request(args[0], List.of(), "json", RunningSuite.JOBS),
            report,
            Verification.Progress.NONE);
    System.out.print(report);
  }
}
