package org.ringfence;

/**
 * How a process ended.
 *
 * @param cause what ended it
 * @param exitValue what {@link Process#exitValue()} returns: the exit status, or 128 + the signal
 * @param signal the signal that ended it, 0 if none did
 */
public record Termination(Cause cause, int exitValue, int signal) {
  /** What ended a process. */
  public enum Cause {
    /** It exited. */
    EXITED,
    /** A signal that the sandbox did not send. */
    SIGNALED,
    /** The caller, through {@link Process#destroy()} or by closing the sandbox. */
    DESTROYED,
    /** The policy's wall time ran out. */
    TIMED_OUT,
    /** It wrote more than the policy allows. */
    OUTPUT_LIMIT
  }
}
