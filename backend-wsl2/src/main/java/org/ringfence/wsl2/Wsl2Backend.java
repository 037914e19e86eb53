package org.ringfence.wsl2;

import org.ringfence.spi.AbsentBackend;

/** Windows: the Linux sandbox inside a WSL2 distribution. Not in this version. */
public final class Wsl2Backend extends AbsentBackend {
  /** For {@link java.util.ServiceLoader}. */
  public Wsl2Backend() {
    super(
        "wsl2",
        "Windows: the Linux sandbox inside a WSL2 distribution",
        "the WSL2 backend is not in this version",
        "run Ringfence inside the distribution");
  }
}
