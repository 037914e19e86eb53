package org.ringfence.spi;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Runs the conformance suite on this machine. The conformance module implements it and {@link
 * java.util.ServiceLoader} finds it, so that the command line compiles without that module.
 */
public interface Verification {
  /**
   * The cases to run and the report's format.
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
     * Creates a request that runs one case at a time.
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
    /** No case passed and none failed. */
    NOTHING_VERIFIED
  }

  /** Writes the report so far. */
  @FunctionalInterface
  interface PartialReport {
    /**
     * Writes the whole report in the requested format.
     *
     * @param out the destination
     * @throws IOException if it cannot be written
     */
    void write(Appendable out) throws IOException;
  }

  /** Receives the progress of a run, on the thread that called {@link #run}. */
  interface Progress {
    /** Ignores all progress. */
    Progress NONE = new Progress() {};

    /**
     * Reports that the run waits for a case.
     *
     * @param done the number of ended cases
     * @param all the number of all cases
     * @param id the case
     * @throws IOException if the receiver fails
     */
    default void waiting(int done, int all, String id) throws IOException {}

    /**
     * Reports that a case has ended.
     *
     * @param report the report so far
     * @throws IOException if the receiver fails
     */
    default void ended(PartialReport report) throws IOException {}
  }

  /**
   * Returns the formats that {@link #run} knows.
   *
   * @return the names
   */
  List<String> formats();

  /**
   * Returns prefixes that match no case: a mistake, which would verify less than requested.
   *
   * @param filters prefixes of case ids
   * @return those without a case
   * @throws IOException if the cases cannot be listed
   */
  List<String> unknown(List<String> filters) throws IOException;

  /**
   * Returns the cases of a first run on a machine: each guarantee and each known doubt of every
   * system, in about ten minutes.
   *
   * @return prefixes of case ids
   * @throws IOException if the list cannot be read
   */
  List<String> firstRun() throws IOException;

  /**
   * Returns the guarantees that cases show to hold when they pass.
   *
   * @return ids of guarantees, by the id of the case
   * @throws IOException if the cases cannot be listed
   */
  Map<String, List<String>> shows() throws IOException;

  /**
   * Runs the suite.
   *
   * @param request the cases and the format
   * @param report the destination of the report, when the run is over
   * @param progress receives the progress of the run
   * @return how the run ended
   * @throws IOException if the report cannot be written or a fixture cannot be made
   */
  Result run(Request request, Appendable report, Progress progress) throws IOException;
}
