package org.ringfence;

/**
 * How a process ended.
 *
 * @param cause the cause
 * @param exitValue the value of {@link Process#exitValue()}: the exit status, or 128 + the signal
 * @param signal the signal that ended it, 0 if none did. Under {@code bubblewrap} an exit status of
 *     129 to 192 counts as a signal, too: that program passes both on as one number.
 */
public record Termination(Cause cause, int exitValue, int signal) {
  /** The cause of a process's end. */
  public enum Cause {
    /** It exited. */
    EXITED,
    /** A signal ended it; the sandbox did not send it. */
    SIGNALED,
    /** The caller ended it, through {@link Process#destroy()} or by closing the sandbox. */
    DESTROYED,
    /** The policy's wall time ran out. */
    TIMED_OUT,
    /** It wrote more than the policy allows. */
    OUTPUT_LIMIT,
    /**
     * All its processes together took more memory than the policy allows: the kernel ended them, or
     * on macOS the sandbox, which looks from time to time.
     */
    MEMORY_LIMIT
  }
}
