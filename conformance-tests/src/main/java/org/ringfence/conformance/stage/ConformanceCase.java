package org.ringfence.conformance.stage;

import java.util.List;

/**
 * One case, of any system.
 *
 * @param id stable, by group: {@code NET-TCP4}
 * @param group the group
 * @param title the property that the case shows, in a sentence
 * @param needs guarantees that the plan has to promise for the case to apply
 * @param body the code
 */
public record ConformanceCase(
    String id, String group, String title, List<String> needs, Body body) {
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
     * @return how it ended
     * @throws NotShownException when it can show nothing here
     * @throws Exception when it failed in another way
     */
    Outcome run(TestContext stage) throws Exception;
  }
}
