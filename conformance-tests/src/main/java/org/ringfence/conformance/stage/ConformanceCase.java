package org.ringfence.conformance.stage;

import java.util.List;

/**
 * One case.
 *
 * @param id stable, by group: {@code NET-TCP4}
 * @param group the group
 * @param title the property that the case shows, in a sentence
 * @param needs guarantees that have to be enforced for the case to apply
 */
public record ConformanceCase(String id, String group, String title, List<String> needs) {
  /** Copies the list. */
  public ConformanceCase {
    needs = List.copyOf(needs);
  }

  /** The code of a case. */
  @FunctionalInterface
  public interface Body {
    /**
     * Runs it.
     *
     * @param stage backend and fixture
     * @return empty when it passed
     * @throws NotApplicableException when this machine cannot show it
     * @throws Exception when it failed in another way
     */
    String run(TestContext stage) throws Exception;
  }

  /** Thrown by a body when the machine cannot show the case. */
  public static final class NotApplicableException extends Exception {
    private static final long serialVersionUID = 1L;

    public NotApplicableException(String reason) {
      super(reason);
    }
  }
}
