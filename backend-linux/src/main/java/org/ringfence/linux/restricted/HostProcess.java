package org.ringfence.linux.restricted;

import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.ringfence.kit.process.ExitStatus;
import org.ringfence.kit.stdio.PipeReader;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.bind.SpawnDirectory;
import org.ringfence.linux.bind.ThreadEnd;
import org.ringfence.linux.plan.Arch;

/**
 * A program of the system that this JVM runs for itself, outside every sandbox: in the root
 * directory and with an empty environment, so that no workspace has an influence on it.
 *
 * <p>{@link ProcessBuilder} does not start it: with no descriptor left, that of Java 17 closes two
 * numbers that it has never opened (forkAndExec in ProcessImpl_md.c), often those of a sandbox or
 * of standard input. Thread-safe.
 */
public final class HostProcess extends Process {
  private static final String THREAD_NAME = "ringfence-host-program";
  private static final String NO_THREAD = "no thread or no memory is left to start it";

  private final Descriptors descriptors;
  private final CommandThread commandThread;
  // What wakes the command thread; made before, so that an end needs no memory.
  private final NativeBlock word;
  private final long one;
  private final int wake;
  private final OutputStream input;
  private final InputStream output;
  private final CountDownLatch launched = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  // Guarded by this object.
  private boolean freed;

  private HostProcess(
      Kernel kernel, SpawnOrders orders, int wake, OutputStream input, InputStream output) {
    this.descriptors = new Descriptors(kernel);
    this.commandThread = new CommandThread(kernel, orders);
    this.word = new NativeBlock(16);
    this.one = word.allocate(8);
    word.setLong(one, 1);
    this.wake = wake;
    this.input = input;
    this.output = output;
  }

  /** The destination of a program's standard error. */
  public enum Errors {
    /** It goes into the standard output. */
    MERGED,
    /** It is discarded. */
    DISCARDED
  }

  /**
   * Starts a program. Pipes are its input and its output.
   *
   * @param command its absolute path, and its arguments
   * @param errors the destination of its standard error
   * @return the program; its caller waits for it or ends it, and closes its streams
   * @throws IOException if it cannot be started; nothing is left
   */
  public static HostProcess start(List<String> command, Errors errors) throws IOException {
    Kernel kernel =
        Arch.current()
            .map(Kernel::new)
            .orElseThrow(() -> new IOException("no system calls are known for this processor"));
    Descriptors descriptors = new Descriptors(kernel);
    List<Integer> passed = new ArrayList<>();
    List<Closeable> kept = new ArrayList<>();
    int wake = -1;
    boolean done = false;
    try {
      int[] in = descriptors.pipe();
      IntStream.of(in).forEach(passed::add);
      OutputStream input = new FileOutputStream(own(in[1]));
      kept.add(input);
      int[] out = descriptors.pipe();
      IntStream.of(out).forEach(passed::add);
      InputStream output = new PipeReader(own(out[0]));
      kept.add(output);
      int error = out[1];
      if (errors == Errors.DISCARDED) {
        error = descriptors.open("/dev/null", Constants.O_RDWR, 0);
        passed.add(error);
      }
      wake = descriptors.event();
      SpawnOrders orders =
          new SpawnOrders(
              kernel,
              new Invocation(command.get(0), command, Map.of(), "/", false, List.of(), descriptors),
              new int[] {in[0], out[1], error},
              null,
              new SpawnOrders.Signals(wake, wake),
              // A container's seccomp profile may deny what the other way needs.
              !SpawnDirectory.possible());
      HostProcess process = new HostProcess(kernel, orders, wake, input, output);
      wake = -1;
      process.begin(command.get(0));
      done = true;
      return process;
    } finally {
      passed.forEach(descriptors::close);
      if (!done) {
        descriptors.close(wake);
        for (Closeable each : kept) {
          each.close();
        }
      }
    }
  }

  private static String own(int descriptor) {
    return "/proc/self/fd/" + descriptor;
  }

  private void begin(String program) throws IOException {
    boolean reaped = false;
    try {
      Thread reaper = new Thread(this::reap, THREAD_NAME);
      reaper.setDaemon(true);
      reaper.start();
      reaped = true;
      commandThread.awaitStarted();
      if (!commandThread.started()) {
        throw new IOException(
            program
                + ": "
                + (commandThread.failedStep() == CommandThread.STEP_THREAD
                    ? NO_THREAD
                    : Descriptors.problem(commandThread.error())));
      }
      commandThread.observed();
    } catch (OutOfMemoryError e) {
      throw new IOException(program + ": " + NO_THREAD, e);
    } finally {
      launched.countDown();
      if (!reaped) {
        free();
      }
    }
  }

  private void reap() {
    try {
      Thread runner = new Thread(commandThread, THREAD_NAME + "-start");
      runner.setDaemon(true);
      commandThread.thread(runner);
      runner.start();
      ThreadEnd.await(runner);
    } catch (OutOfMemoryError e) {
      commandThread.notBegun();
    } finally {
      awaitLaunched();
      free();
      ended.countDown();
    }
  }

  /** The launch reads the orders until then. */
  private void awaitLaunched() {
    boolean interrupted = false;
    while (launched.getCount() > 0) {
      try {
        launched.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void free() {
    freed = true;
    commandThread.free();
    word.close();
    descriptors.close(wake);
  }

  private synchronized void request(int what) {
    if (!freed) {
      commandThread.request(what, wake, one);
    }
  }

  @Override
  public OutputStream getOutputStream() {
    return input;
  }

  @Override
  public InputStream getInputStream() {
    return output;
  }

  /** Returns an empty stream. */
  @Override
  public InputStream getErrorStream() {
    return InputStream.nullInputStream();
  }

  @Override
  public int waitFor() throws InterruptedException {
    ended.await();
    return exitValue();
  }

  @Override
  public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
    return ended.await(timeout, unit);
  }

  @Override
  public int exitValue() {
    if (isAlive()) {
      throw new IllegalThreadStateException("the program has not ended");
    }
    // Without a wait, the command thread has killed it and does not know more.
    return commandThread.failedStep() == CommandThread.STEP_NONE
        ? ExitStatus.ofWait(commandThread.status()).value()
        : ExitStatus.KILLED.value();
  }

  @Override
  public boolean isAlive() {
    return ended.getCount() > 0;
  }

  @Override
  public long pid() {
    return commandThread.pid();
  }

  @Override
  public void destroy() {
    request(CommandThread.REQUEST_TERM);
  }

  @Override
  public Process destroyForcibly() {
    request(CommandThread.REQUEST_KILL);
    return this;
  }
}
