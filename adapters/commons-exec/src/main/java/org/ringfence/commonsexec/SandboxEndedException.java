package org.ringfence.commonsexec;

import org.apache.commons.exec.ExecuteException;
import org.ringfence.Ending;

/** The sandbox ended the command, because it reached a limit of the policy. */
public class SandboxEndedException extends ExecuteException {
  private static final long serialVersionUID = 1L;

  private final transient Ending ending;

  /**
   * Creates the exception.
   *
   * @param ending how the command ended
   * @param exitValue its exit value
   */
  public SandboxEndedException(Ending ending, int exitValue) {
    super("The sandbox ended the command: " + text(ending), exitValue);
    this.ending = ending;
  }

  private static String text(Ending ending) {
    if (ending instanceof Ending.TimedOut timed) {
      return "its time was over (" + timed.after() + ")";
    }
    return ending instanceof Ending.LimitReached reached
        ? "it reached the limit " + reached.limit() + " of the policy"
        : ending.toString();
  }

  /**
   * Returns how the command ended.
   *
   * @return a limit or the wall time of the policy; null after deserialization
   */
  public Ending ending() {
    return ending;
  }
}
