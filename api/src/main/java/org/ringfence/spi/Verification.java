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
   */
  record Request(String backend, List<String> filters, String format) {
    /** Copies the list. */
    public Request {
      filters = List.copyOf(filters);
    }
  }

  /**
   * The formats that {@link #run} knows.
   *
   * @return the names
   */
  List<String> formats();

  /**
   * Runs the suite.
   *
   * @param request what to run
   * @param report where the report goes
   * @return true if no case failed
   * @throws IOException if the report cannot be written or a fixture cannot be made
   */
  boolean run(Request request, Appendable report) throws IOException;
}
