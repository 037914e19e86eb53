package org.ringfence.spi;

import java.io.IOException;
import java.util.List;

/**
 * Runs the conformance suite on this machine. Implemented by the conformance module and found
 * through {@link java.util.ServiceLoader}, so that the command line needs nothing of it to compile.
 */
public interface Verification {
  /**
   * What to run and how to report.
   *
   * @param backend the backend's id, or null for the one that would be selected
   * @param filters prefixes of case ids to run; empty for all
   * @param format {@code text}, {@code json}, {@code junit} or {@code html}
   * @param jobs how many cases may run at a time, at least 1
   */
  record Request(String backend, List<String> filters, String format, int jobs) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if jobs is below 1
     */
    public Request {
      filters = List.copyOf(filters);
      if (jobs < 1) {
        throw new IllegalArgumentException("jobs: " + jobs + " is below 1");
      }
    }

    /**
     * One case at a time.
     *
     * @param backend the backend's id, or null for the one that would be selected
     * @param filters prefixes of case ids to run; empty for all
     * @param format {@code text}, {@code json}, {@code junit} or {@code html}
     */
    public Request(String backend, List<String> filters, String format) {
      this(backend, filters, format, 1);
    }
  }

  /** How a run ended. */
  enum Result {
    /** At least one case passed, and none failed. */
    PASSED,
    /** A case failed. */
    FAILED,
    /** No case passed and none failed: nothing is known. */
    NOTHING_VERIFIED
  }

  /** Writes the report as far as it has come. */
  @FunctionalInterface
  interface PartialReport {
    /**
     * Writes it, whole and in the format asked for.
     *
     * @param out where it goes
     * @throws IOException if it cannot be written
     */
    void write(Appendable out) throws IOException;
  }

  /** Hears how far a run has come, on the thread that called {@link #run}. */
  interface Progress {
    /** Hears nothing. */
    Progress NONE = new Progress() {};

    /**
     * The run waits for a case.
     *
     * @param done how many cases have ended
     * @param all how many cases are run
     * @param id the case
     * @throws IOException if what hears it fails
     */
    default void waiting(int done, int all, String id) throws IOException {}

    /**
     * A case has ended.
     *
     * @param report the report so far
     * @throws IOException if what hears it fails
     */
    default void ended(PartialReport report) throws IOException {}
  }

  /**
   * The formats that {@link #run} knows.
   *
   * @return the names
   */
  List<String> formats();

  /**
   * Prefixes that no case's id begins with: a mistake, which would verify less than was asked for.
   *
   * @param filters prefixes of case ids
   * @return those without a case
   * @throws IOException if the cases cannot be listed
   */
  List<String> unknown(List<String> filters) throws IOException;

  /**
   * Runs the suite.
   *
   * @param request what to run
   * @param report where the report goes, when the run is over
   * @param progress hears how far the run has come
   * @return how the run ended
   * @throws IOException if the report cannot be written or a fixture cannot be made
   */
  Result run(Request request, Appendable report, Progress progress) throws IOException;
}
