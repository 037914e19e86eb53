package com.example.plain;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.SandboxedProcess;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendInfo.Fit;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.Launch;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Workload;

/** A third party's backend: filters the environment, enforces nothing else, and says so. */
public final class PlainBackend implements SandboxBackend {
  private static final BackendInfo INFO =
      BackendInfo.of("plain", HostSystem.ANY, 1000, "Any system: a filtered environment, no more")
          .alias("none")
          .fits(Workload.BUILD, Fit.FALLBACK, "starts every program, and stops nothing");

  @Override
  public BackendInfo info() {
    return INFO;
  }

  @Override
  public Availability probe() {
    return Availability.available(Map.of("java", System.getProperty("java.version")));
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    List<PlannedGuarantee> guarantees =
        Arrays.stream(Guarantee.values())
            .filter(policy::asksFor)
            .map(PlainBackend::answer)
            .toList();
    return new SandboxPlan(INFO.id(), policy, probe(), guarantees);
  }

  private static PlannedGuarantee answer(Guarantee each) {
    return each == Guarantee.ENVIRONMENT_FILTERED
        ? PlannedGuarantee.enforced(each, "environment block of the command")
        : PlannedGuarantee.unsupported(
            each, each.statement(), "commands run as the user does", "another backend");
  }

  @Override
  public String explain(EffectivePolicy policy) {
    return "the command starts as a child of this JVM\n";
  }

  @Override
  public BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException {
    if (!plan.acceptable()) {
      throw new SandboxRefusedException(List.of(plan));
    }
    if (!listener.observes().isEmpty()) {
      throw new SandboxException(
          EventSink.Observation.hooks(listener.observes()) + ": this backend observes nothing");
    }
    return new Session();
  }

  /** Starts children of this JVM. */
  private static final class Session implements BackendSession {
    private final Set<PlainProcess> running = ConcurrentHashMap.newKeySet();
    private boolean ended;

    @Override
    public synchronized SandboxedProcess start(Launch launch) throws SandboxException {
      if (ended) {
        throw new SandboxException("the sandbox has been closed");
      }
      if (launch.terminal().isPresent()) {
        throw new SandboxException("terminal: this backend makes none");
      }
      ProcessBuilder builder =
          new ProcessBuilder(launch.command())
              .directory(launch.directory().toFile())
              .redirectInput(launch.input())
              .redirectOutput(launch.output())
              .redirectError(launch.error())
              .redirectErrorStream(launch.mergeError());
      builder.environment().clear();
      builder.environment().putAll(launch.environment().resolved());
      try {
        PlainProcess process = PlainProcess.of(launch, builder.start());
        running.add(process);
        process.onExit().thenRun(() -> running.remove(process));
        return process;
      } catch (IOException e) {
        throw new CommandNotFoundException(launch.command().get(0), e.getMessage());
      }
    }

    @Override
    public boolean flushEvents(Duration patience) {
      return true; // There are none.
    }

    @Override
    public synchronized void end() {
      ended = true;
      running.forEach(PlainProcess::destroyForcibly);
    }

    @Override
    public void close() {
      end();
    }
  }
}
