package org.ringfence.windows.system;

import org.ringfence.SandboxException;

/** Converts errors of system calls to exceptions of the API. */
public final class CallFailures {
  private CallFailures() {}

  /**
   * Returns an exception with one line: the error's number, its meaning and a remedy.
   *
   * @param what the operation that failed
   * @param e the call's error
   */
  public static SandboxException cannot(String what, WindowsCallException e) {
    String remedy = WindowsError.remedy(e.code());
    return new SandboxException(
        what + ": " + e.getMessage() + (remedy.isEmpty() ? "" : "; use " + remedy), e);
  }
}
