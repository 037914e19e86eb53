package org.ringfence.conformance;

import java.util.List;
import org.ringfence.spi.Verification;

/** Runs the suite and prints its JSON report. */
public final class VerifyToStandardOutput {
  /** The number of processors of the build's machines. */
  static final int JOBS = 2;

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
            new Verification.Request(args[0], List.of(), "json", JOBS),
            report,
            Verification.Progress.NONE);
    System.out.print(report);
  }
}
