package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.ringfence.conformance.stage.ConformanceCase;

/**
 * Runs the suite in a distribution without Java. Cases that the guest refuses are skipped with the
 * reason.
 */
class Wsl2ScriptConformanceTest extends Wsl2ConformanceTest {
  /** Without a supervisor the guest cannot tell unix sockets apart, so it denies all of them. */
  private static final Set<String> CLOSED =
      Set.of("UNIX-OWN", "UNIX-OWN-RENAMED", "UNIX-OWN-ABSTRACT");

  @Override
  boolean withJava() {
    return false;
  }

  /** An ordinary user's guest runs the carried cases in the same build. */
  @Override
  protected boolean selects(ConformanceCase each) {
    return super.selects(each) && Selection.asRoot(each) || each.group().equals("wsl");
  }

  @Override
  protected void check(CaseResult result) {
    if (!isClosed(result)) {
      super.check(result);
    }
  }

  /**
   * Returns whether the case needs sockets that the guest denies; asserts that it then reports the
   * denial.
   */
  static boolean isClosed(CaseResult result) {
    if (CLOSED.contains(result.id())) {
      assertThat(result.verdict()).isEqualTo(CaseVerdict.FAIL);
      assertThat(result.detail()).contains("DENIED EACCES");
      return true;
    }
    return false;
  }
}
