package org.ringfence;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.ringfence.event.Violation;
import org.ringfence.plan.Availability;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Reason;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.Launch;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.WatchedProcess;

/** A fake backend. The test supplies the streams of each command and ends it. */
final class FakeBackend implements SandboxBackend {
  private final BiConsumer<FakeProcess, EventSink> command;
  EventSink sink;
  Launch launch;

  FakeBackend(BiConsumer<FakeProcess, EventSink> command) {
    this.command = command;
  }

  /** A fake process under the control of the test. */
  static final class FakeProcess extends WatchedProcess {
    InputStream output = InputStream.nullInputStream();
    InputStream error = InputStream.nullInputStream();
    OutputStream input = OutputStream.nullOutputStream();

    FakeProcess(long id) {
      super(id);
    }

    void exits(int status) {
      ended(new Termination(Termination.Cause.EXITED, status, 0));
    }

    @Override
    public OutputStream getOutputStream() {
      return input;
    }

    @Override
    public InputStream getInputStream() {
      return output;
    }

    @Override
    public InputStream getErrorStream() {
      return error;
    }

    @Override
    public void destroy() {
      ended(new Termination(Termination.Cause.DESTROYED, 137, 9));
    }

    @Override
    public Process destroyForcibly() {
      destroy();
      return this;
    }

    @Override
    public long pid() {
      return 4711;
    }
  }

  @Override
  public BackendInfo info() {
    return BackendInfo.of("fake", HostSystem.ANY, 1, "a fake");
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
    sink = listener;
    return new BackendSession() {
      @Override
      public SandboxedProcess start(Launch started) {
        launch = started;
        FakeProcess process = new FakeProcess(started.id());
        command.accept(process, listener);
        return process;
      }

      @Override
      public boolean flushEvents(Duration patience) {
        return true;
      }

      @Override
      public void end() {}

      @Override
      public void close() {}
    };
  }

  static Violation denied(long id, String target) {
    return new Violation(
        "openat",
        target,
        4711,
        "/bin/x",
        new Reason.ProtectedPath(target),
        Violation.Certainty.CERTAIN,
        id);
  }
}
