package com.example.plain;

import org.ringfence.conformance.SandboxBackendTck;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.spi.SandboxBackend;

/** Runs the cases of the suite that the sample claims: it makes no terminals and hides no calls. */
class PlainBackendTckTest extends SandboxBackendTck {
  @Override
  protected SandboxBackend backend() {
    return new PlainBackend();
  }

  @Override
  protected boolean selects(ConformanceCase each) {
    return each.group().equals("process") || each.needs().contains("environment.filtered");
  }
}
