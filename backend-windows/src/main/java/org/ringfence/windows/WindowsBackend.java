package org.ringfence.windows;

import org.ringfence.spi.AbsentBackend;

/** Windows: restricted token, AppContainer or dedicated users. Not in this version. */
public final class WindowsBackend extends AbsentBackend {
  /** For {@link java.util.ServiceLoader}. */
  public WindowsBackend() {
    super(
        "windows",
        "Windows: restricted token, AppContainer or dedicated users",
        "the Windows backend is not in this version",
        "a later version");
  }
}
