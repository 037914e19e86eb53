package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;

/** The suite where the distribution has no Java: what is refused there is skipped, and says so. */
class Wsl2ScriptConformanceTest extends Wsl2ConformanceTest {
  /** Without a supervisor no unix socket is told from another, so that there are none. */
  private static final Set<String> CLOSED =
      Set.of("UNIX-OWN", "UNIX-OWN-RENAMED", "UNIX-OWN-ABSTRACT");

  @Override
  boolean withJava() {
    return false;
  }

  /**
   * Scripts set their sandbox up by themselves: more cases run than where another suite stands in.
   */
  @Override
  boolean isWanted(ConformanceCase each) {
    return Selection.carriedOrHalf(each);
  }

  @Override
  void report(CaseResult result) {
    if (!isClosed(result)) {
      super.report(result);
    }
  }

  /** Whether it is about sockets that are closed there; then it says so. */
  static boolean isClosed(CaseResult result) {
    if (CLOSED.contains(result.id())) {
      assertThat(result.outcome()).isEqualTo(CaseResult.Outcome.FAIL);
      assertThat(result.detail()).contains("DENIED EACCES");
      return true;
    }
    return false;
  }
}
