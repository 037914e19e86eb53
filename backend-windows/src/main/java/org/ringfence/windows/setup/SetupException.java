package org.ringfence.windows.setup;

import org.ringfence.SandboxException;

/** A step of set-up failed. The accounts are disabled; set-up can be run again. */
public final class SetupException extends SandboxException {
  private static final long serialVersionUID = 1L;

  private final String step;

  SetupException(String step, String reason, Throwable cause) {
    super("set-up, " + step + ": " + reason, cause);
    this.step = step;
  }

  /**
   * Returns the failed step.
   *
   * @return the step's description
   */
  public String step() {
    return step;
  }
}
