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

/** Base class for sandboxed processes; implements waiting and termination. Thread-safe. */
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
   * Reports the process's end to all waiting callers, where the system reports no usage. Called
   * once.
   *
   * @param how the termination
   */
  protected final void ended(Termination how) {
    ended(how, Optional.empty(), OptionalLong.empty());
  }

  /**
   * Reports the process's end to all waiting callers. Called once, after the sink has received
   * every event of the command, or that wait has timed out.
   *
   * @param how the termination
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
    // Never on the thread that saw the end: dependent stages are the caller's code.
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
