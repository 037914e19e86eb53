package org.ringfence.wsl2.launch;

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

/** A command in a distribution, however it is told of. */
abstract class DistributionProcess extends ManagedProcess {
  private volatile Optional<Duration> cpuTime = Optional.empty();
  private volatile OptionalLong peakMemory = OptionalLong.empty();
  private static final int PATIENCE_MILLIS = 10_000;

  private final List<Thread> pumps = new CopyOnWriteArrayList<>();
  private volatile long pid;
  private volatile OutputStream input;
  private volatile InputStream standard;
  private volatile InputStream errors;

  DistributionProcess(long id, Duration grace, Alarm alarm) {
    super(id, grace, alarm);
  }

  /** Its streams, before any is redirected. */
  final void streams(OutputStream in, InputStream out, InputStream err) {
    input = in;
    standard = out;
    errors = err;
  }

  /** What it has used, when the other system says so; before its end. */
  final void used(Optional<Duration> cpu, OptionalLong memory) {
    cpuTime = cpu;
    peakMemory = memory;
  }

  final void started(long guestPid) {
    pid = guestPid;
  }

  /** What goes to its standard input. */
  abstract OutputStream sent();

  /** What comes from it. */
  abstract InputStream received(boolean ofError);

  /** It has ended: nothing is sent any more, and what is received ends. */
  abstract void release();

  /** Streams that are redirected are nobody's to read. */
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

  /** Whoever waits for the end finds in its files what the command has written. */
  final void finish(Termination how) {
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

  /** Something on this side that takes what the command writes. */
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

  /** The number that it has in the distribution. */
  @Override
  public final long pid() {
    return pid;
  }

  @Override
  public final ProcessHandle toHandle() {
    throw new UnsupportedOperationException("the process is one of another system");
  }
}
