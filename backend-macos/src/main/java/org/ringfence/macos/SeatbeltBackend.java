package org.ringfence.macos;

import org.ringfence.spi.AbsentBackend;

/** macOS: Seatbelt through sandbox-exec. Not in this version. */
public final class SeatbeltBackend extends AbsentBackend {
  /** For {@link java.util.ServiceLoader}. */
  public SeatbeltBackend() {
    super(
        "seatbelt",
        "macOS: Seatbelt through sandbox-exec",
        "the Seatbelt backend is not in this version",
        "a later version");
  }
}
