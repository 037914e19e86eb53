package org.ringfence.wsl2.distribution;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.ringfence.Termination;
import org.ringfence.kit.process.Alarm;
import org.ringfence.kit.process.ManagedProcess;

/** A command in a distribution, over any kind of guest. */
public abstract class DistributionProcess extends ManagedProcess {
  private volatile Optional<Duration> cpuTime = Optional.empty();
  private volatile OptionalLong peakMemory = OptionalLong.empty();
  private static final int PATIENCE_MILLIS = 10_000;

  private final List<Thread> pumps = new CopyOnWriteArrayList<>();
  private volatile long pid;
  private volatile OutputStream input;
  private volatile InputStream standard;
  private volatile InputStream errors;

  protected DistributionProcess(long id, Duration grace, Alarm alarm) {
    super(id, grace, alarm);
  }

  /** Sets its streams, before any redirection. */
  protected final void streams(OutputStream in, InputStream out, InputStream err) {
    input = in;
    standard = out;
    errors = err;
  }

  /** Sets its resource usage before its end, when the other system reports it. */
  protected final void used(Optional<Duration> cpu, OptionalLong memory) {
    cpuTime = cpu;
    peakMemory = memory;
  }

  public final void started(long guestPid) {
    pid = guestPid;
  }

  /** Returns the stream to its standard input. */
  protected abstract OutputStream sent();

  /** Returns the stream from its standard output or error. */
  protected abstract InputStream received(boolean ofError);

  /** Ends the streams to and from the ended command. */
  protected abstract void release();

  /** Withholds redirected streams from the caller. */
  final void redirected(boolean in, boolean out, boolean err) {
    if (in) {
      input = OutputStream.nullOutputStream();
    }
    if (out) {
      standard = InputStream.nullInputStream();
    }
    if (err) {
      errors = InputStream.nullInputStream();
    }
  }

  /** Reports the end after the files contain all output of the command. */
  protected final void finish(Termination how) {
    dropAlarms();
    release();
    List<Thread> pumping = List.copyOf(pumps);
    if (pumping.isEmpty()) {
      ended(how, cpuTime, peakMemory);
      return;
    }
    Thread thread =
        new Thread(
            () -> {
              for (Thread pump : pumping) {
                try {
                  pump.join(PATIENCE_MILLIS);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
              ended(how, cpuTime, peakMemory);
            },
            "ringfence-end-" + pid);
    thread.setDaemon(true);
    thread.start();
  }

  /** Adds a thread on this side that takes the command's output. */
  final void pumps(Thread pump) {
    pumps.add(pump);
  }

  @Override
  public final OutputStream getOutputStream() {
    return input;
  }

  @Override
  public final InputStream getInputStream() {
    return standard;
  }

  @Override
  public final InputStream getErrorStream() {
    return errors;
  }

  /** Returns its process number in the distribution. */
  @Override
  public final long pid() {
    return pid;
  }

  @Override
  public final ProcessHandle toHandle() {
    throw new UnsupportedOperationException("the process is one of another system");
  }
}
