package org.ringfence.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.macos.SeatbeltBackend;
import org.ringfence.spi.SandboxBackend;

/** Runs the suite against Seatbelt on macOS. */
@EnabledOnOs(value = OS.MAC, disabledReason = "only macOS has Seatbelt")
class SeatbeltConformanceTest extends SandboxBackendTck {
  @Override
  protected SandboxBackend backend() {
    SeatbeltBackend backend = new SeatbeltBackend();
    assumeTrue(backend.probe().usable(), () -> "no sandbox here: " + backend.probe().reasons());
    return backend;
  }
}
