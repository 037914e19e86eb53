package org.ringfence.conformance;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.plan.Availability;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.Launch;
import org.ringfence.spi.SandboxBackend;

/** A backend that confines nothing; its program runs the suite against it, in a Windows JVM. */
public final class PassThroughBackend implements SandboxBackend, BackendSession {
  /**
   * Prints each case with its outcome.
   *
   * @param args none
   * @throws Exception if the fixture cannot be made
   */
  public static void main(String[] args) throws Exception {
    try (ConformanceSuite suite = ConformanceSuite.against(new PassThroughBackend())) {
      for (ConformanceCase each : suite.cases()) {
        CaseResult result = suite.run(each);
        System.out.println(result.id() + " " + result.verdict() + " " + result.detail());
      }
    }
  }

  @Override
  public BackendInfo info() {
    return BackendInfo.of("unconfined", HostSystem.ANY, 1, "nothing");
  }

  @Override
  public Availability probe() {
    return Availability.available(Map.of());
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    return new SandboxPlan(info().id(), policy, probe(), List.of());
  }

  @Override
  public String explain(EffectivePolicy policy) {
    return "";
  }

  @Override
  public BackendSession open(SandboxPlan plan, EventSink listener) {
    return this;
  }

  @Override
  public SandboxedProcess start(Launch launch) throws SandboxException {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(launch.command()).directory(launch.directory().toFile());
      return new PlainProcess(launch.id(), builder.start());
    } catch (IOException e) {
      throw new SandboxException(e.getMessage(), e);
    }
  }

  @Override
  public boolean flushEvents(Duration patience) {
    return true;
  }

  @Override
  public void end() {
    // Started processes go on: the backend confines nothing.
  }

  @Override
  public void close() {
    // The backend holds no resources.
  }
}
