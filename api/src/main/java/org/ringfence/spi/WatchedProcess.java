package org.ringfence.spi;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;

/**
 * What is the same of a sandboxed process wherever it runs: how it is waited for and how its end is
 * told. Thread-safe.
 */
public abstract class WatchedProcess extends SandboxedProcess {
  private final CountDownLatch exited = new CountDownLatch(1);
  private final CompletableFuture<Process> exit = new CompletableFuture<>();
  private volatile Termination termination;

  /** For backends. */
  protected WatchedProcess() {}

  /**
   * Tells everybody who waits that the process has ended. Called once.
   *
   * @param how how it ended
   */
  protected final void ended(Termination how) {
    termination = how;
    exited.countDown();
    exit.complete(this);
  }

  @Override
  public final int waitFor() throws InterruptedException {
    exited.await();
    return termination.exitValue();
  }

  @Override
  public final boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
    return exited.await(timeout, unit);
  }

  @Override
  public final int exitValue() {
    Termination how = termination;
    if (how == null) {
      throw new IllegalThreadStateException("process has not exited");
    }
    return how.exitValue();
  }

  @Override
  public final boolean isAlive() {
    return termination == null;
  }

  @Override
  public final Optional<Termination> termination() {
    return Optional.ofNullable(termination);
  }

  @Override
  public final ProcessHandle.Info info() {
    return toHandle().info();
  }

  @Override
  public final Stream<ProcessHandle> children() {
    return toHandle().children();
  }

  @Override
  public final Stream<ProcessHandle> descendants() {
    return toHandle().descendants();
  }

  @Override
  public final CompletableFuture<Process> onExit() {
    // Never on the thread that saw the end: what depends on it is code of others.
    return exit.thenApplyAsync(process -> process);
  }

  @Override
  public final String toString() {
    return "SandboxedProcess[pid="
        + pid()
        + (termination == null ? ", alive]" : ", " + termination + "]");
  }
}
