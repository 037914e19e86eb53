package org.ringfence.windows.launch;

import org.ringfence.SandboxException;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

/** System calls' errors, told to callers of the API. */
final class Failures {
  private Failures() {}

  /**
   * One clear line with the number, its meaning and what would help.
   *
   * @param what what could not be done
   * @param e the call's error
   */
  static SandboxException cannot(String what, WindowsCallException e) {
    String remedy = WindowsError.remedy(e.code());
    return new SandboxException(
        what + ": " + e.getMessage() + (remedy.isEmpty() ? "" : "; use " + remedy), e);
  }
}
