package org.ringfence.spi;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.Usage;

/**
 * What is the same of a sandboxed process wherever it runs: how it is waited for and how its end is
 * told. Thread-safe.
 */
public abstract class WatchedProcess extends SandboxedProcess {
  private final CountDownLatch exited = new CountDownLatch(1);
  private final CompletableFuture<Process> exit = new CompletableFuture<>();
  private final long commandId;
  private final long begun = System.nanoTime();
  private volatile Usage usage;
  private volatile Termination termination;

  /**
   * For backends.
   *
   * @param commandId the number of the command, of {@link Launch#id()}
   */
  protected WatchedProcess(long commandId) {
    this.commandId = commandId;
  }

  /**
   * Tells everybody who waits that the process has ended, where the system does not say what it
   * used. Called once.
   *
   * @param how how it ended
   */
  protected final void ended(Termination how) {
    ended(how, Optional.empty(), OptionalLong.empty());
  }

  /**
   * Tells everybody who waits that the process has ended. Called once, after everything that was
   * heard of the command has been given to the sink, or the wait for that has taken too long.
   *
   * @param how how it ended
   * @param cpuTime the processor time that it used
   * @param peakMemory the most bytes that it had in memory
   */
  protected final void ended(Termination how, Optional<Duration> cpuTime, OptionalLong peakMemory) {
    usage = new Usage(cpuTime, peakMemory, Duration.ofNanos(System.nanoTime() - begun));
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
  public final long commandId() {
    return commandId;
  }

  @Override
  public final Optional<Usage> usage() {
    return termination == null ? Optional.empty() : Optional.of(usage);
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
    return "SandboxedProcess[command="
        + commandId
        + ", pid="
        + pid()
        + (termination == null ? ", alive]" : ", " + termination + "]");
  }
}
