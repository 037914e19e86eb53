package org.ringfence.windows;

import org.ringfence.spi.AbsentBackend;

/** Accounts of the sandbox's own, set up once by an administrator. Not in this version. */
public final class DedicatedUserBackend extends AbsentBackend {
  /** For {@link java.util.ServiceLoader}. */
  public DedicatedUserBackend() {
    super(
        "dedicated-user",
        "Windows: users of the sandbox's own, set up by an administrator",
        "the dedicated-user mode is not in this version",
        "restricted-token, app-container or WSL2");
  }
}
