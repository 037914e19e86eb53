package com.example.plain;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.ringfence.Termination;
import org.ringfence.Termination.Cause;
import org.ringfence.spi.Launch;
import org.ringfence.spi.WatchedProcess;

/** A child of this JVM. */
final class PlainProcess extends WatchedProcess {
  private final Process child;
  private final AtomicReference<Cause> cause = new AtomicReference<>(Cause.EXITED);

  private PlainProcess(long id, Process child) {
    super(id);
    this.child = child;
  }

  static PlainProcess of(Launch launch, Process child) {
    PlainProcess process = new PlainProcess(launch.id(), child);
    child
        .onExit()
        .thenAccept(
            gone -> process.ended(new Termination(process.cause.get(), gone.exitValue(), 0)));
    launch
        .limits()
        .wallTime()
        .ifPresent(
            time ->
                CompletableFuture.delayedExecutor(time.toNanos(), TimeUnit.NANOSECONDS)
                    .execute(() -> process.end(Cause.TIMED_OUT)));
    return process;
  }

  private void end(Cause why) {
    if (child.isAlive()) {
      cause.compareAndSet(Cause.EXITED, why);
      child.descendants().forEach(ProcessHandle::destroyForcibly);
      child.destroyForcibly();
    }
  }

  @Override
  public OutputStream getOutputStream() {
    return child.getOutputStream();
  }

  @Override
  public InputStream getInputStream() {
    return child.getInputStream();
  }

  @Override
  public InputStream getErrorStream() {
    return child.getErrorStream();
  }

  @Override
  public void destroy() {
    end(Cause.DESTROYED);
  }

  @Override
  public Process destroyForcibly() {
    destroy();
    return this;
  }

  @Override
  public long pid() {
    return child.pid();
  }
}
