package org.ringfence.kit.process;

import org.ringfence.Termination;
import org.ringfence.Termination.Cause;

/**
 * The end of a process, as the system reports it.
 *
 * @param value the exit value; with a signal, 128 plus its number
 * @param signal the signal that ended the process, or 0
 */
public record ExitStatus(int value, int signal) {
  // signal(7)
  private static final int SIGKILL = 9;
  private static final int LAST_SIGNAL = 64;
  private static final int SIGNALED = 128;

  /** The end of a process that was killed. */
  public static final ExitStatus KILLED = new ExitStatus(SIGNALED + SIGKILL, SIGKILL);

  /**
   * Reads a status of {@code waitpid}.
   *
   * @param status the status; see {@code sys/wait.h}: the low seven bits are the signal, the next
   *     eight the exit value
   * @return the end
   */
  public static ExitStatus ofWait(int status) {
    int signal = status & 0x7f;
    return new ExitStatus(signal == 0 ? status >> 8 & 0xff : SIGNALED + signal, signal);
  }

  /**
   * Reads an exit value that means a signal when it is 128 plus the signal's number, as a shell and
   * bubblewrap report it.
   *
   * @param value the exit value
   * @return the end
   */
  public static ExitStatus ofShell(int value) {
    boolean signaled = value > SIGNALED && value <= SIGNALED + LAST_SIGNAL;
    return new ExitStatus(value, signaled ? value - SIGNALED : 0);
  }

  /**
   * Joins the end with the cause that Ringfence had for ending the process.
   *
   * @param intended the cause, or null where Ringfence did not end the process
   * @return the termination of the command
   */
  public Termination because(Cause intended) {
    return because(intended, KILLED);
  }

  /**
   * Joins the end with the cause that Ringfence had for ending the process.
   *
   * @param intended the cause, or null where Ringfence did not end the process
   * @param killed the end of a process that Ringfence has ended, on this system
   * @return the termination of the command
   */
  public Termination because(Cause intended, ExitStatus killed) {
    Cause own = signal == 0 ? Cause.EXITED : Cause.SIGNALED;
    boolean endedItself = killed.signal() == 0 ? value == 0 : signal == 0;
    if (intended == null || intended == Cause.DESTROYED && signal == 0 && killed.signal() != 0) {
      return new Termination(own, value, signal);
    }
    if (intended == Cause.OUTPUT_LIMIT && endedItself) {
      // The process had ended by itself before Ringfence counted the last of its bytes.
      return new Termination(intended, killed.value(), killed.signal());
    }
    return new Termination(intended, value, signal);
  }
}
