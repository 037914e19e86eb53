package org.ringfence.conformance.stage;

import java.util.List;
import java.util.Set;

/**
 * One case, of any system.
 *
 * @param id stable, by group: {@code NET-TCP4}
 * @param group the group
 * @param title the property that the case shows, in a sentence
 * @param needs guarantees that the plan has to promise for the case to apply
 * @param shows those of them that a pass shows to hold: that something succeeds, shows no denial
 * @param body the code
 */
public record ConformanceCase(
    String id, String group, String title, List<String> needs, List<String> shows, Body body) {
  /** Guarantees that something succeeds, not that something is denied. */
  private static final Set<String> PERMISSIONS =
      Set.of(
          "files.readable",
          "network.own-loopback",
          "network.publish",
          "process.mac-services",
          "process.programs",
          "process.sysv-ipc");

  /** Copies the lists. */
  public ConformanceCase {
    needs = List.copyOf(needs);
    shows = List.copyOf(shows);
  }

  /**
   * Creates a case whose pass shows all that it needs.
   *
   * @param id stable, by group
   * @param group the group
   * @param title the property
   * @param needs guarantees
   * @param body the code
   */
  public ConformanceCase(String id, String group, String title, List<String> needs, Body body) {
    this(id, group, title, needs, needs, body);
  }

  /**
   * Returns this case as one that denies nothing.
   *
   * @return a case that shows none of the guarantees that deny something
   */
  public ConformanceCase permitting() {
    return showing(needs.stream().filter(PERMISSIONS::contains).toList());
  }

  /**
   * Returns this case as one whose operation is denied.
   *
   * @return a case that shows none of the guarantees that something succeeds
   */
  public ConformanceCase denying() {
    return showing(needs.stream().filter(each -> !PERMISSIONS.contains(each)).toList());
  }

  private ConformanceCase showing(List<String> shown) {
    return new ConformanceCase(id, group, title, needs, shown, body);
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
