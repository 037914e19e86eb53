package org.ringfence.macos.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.ringfence.TerminalSize;
import org.ringfence.kit.process.ExitStatus;
import org.ringfence.kit.process.KillTimer;
import org.ringfence.kit.process.ManagedProcess;
import org.ringfence.macos.bind.Posix;
import org.ringfence.macos.bind.ProcessMemory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command under a profile. Its process leads a new session and group. */
final class SeatbeltProcess extends ManagedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(SeatbeltProcess.class);
  private static final int ROUNDS = 20;
  private static final Duration SETTLING = Duration.ofSeconds(2);

  private final Posix posix;
  private final int pid;
  private final CommandStreams streams;
  private final Runnable flushEvents;
  private final boolean killsLeftovers;
  // Processes that leave the group for a new session, by their handles, not their numbers.
  private final Set<ProcessHandle> seen = ConcurrentHashMap.newKeySet();
  private final ProcessHandle handle;
  private volatile Thread accounting;

  SeatbeltProcess(
      long id,
      Posix posix,
      int pid,
      CommandStreams streams,
      Duration grace,
      boolean killsLeftovers,
      KillTimer timer,
      Runnable flushEvents) {
    super(id, grace, timer);
    this.flushEvents = flushEvents;
    this.posix = posix;
    this.pid = pid;
    this.streams = streams;
    this.killsLeftovers = killsLeftovers;
    this.handle = ProcessHandle.of(pid).orElse(null);
  }

  /**
   * Ends the command when its processes together have more memory than allowed.
   *
   * @param bytes the limit
   * @param memory tells the memory of a process
   */
  void limitMemory(long bytes, ProcessMemory memory) {
    accounting =
        new TreeMemory(memory, pid, this::others)
            .report(
                sum -> {
                  if (sum > bytes) {
                    memoryLimitReached();
                  }
                });
  }

  /** Returns the processes that may have left the group; drops those that have ended. */
  private Set<ProcessHandle> others() {
    seen.removeIf(each -> !each.isAlive());
    if (handle != null) {
      handle.descendants().forEach(seen::add);
    }
    return seen;
  }

  /** Waits for the end on a separate thread. */
  void watch(Runnable whenGone) {
    Thread thread =
        new Thread(
            () -> {
              Posix.Ended how;
              try {
                how = posix.await(pid);
              } catch (IOException e) {
                LOG.warn("how a command ended is not known", e);
                how = new Posix.Ended(Posix.SIGKILL, Optional.empty(), OptionalLong.empty());
              }
              if (killsLeftovers) {
                killTree();
              }
              stopAccounting();
              whenGone.run();
              settle(how);
            },
            "ringfence-wait-" + pid);
    thread.setDaemon(true);
    thread.start();
  }

  private void stopAccounting() {
    Thread running = accounting;
    if (running != null) {
      running.interrupt();
    }
  }

  /** Reports the end once the bytes left in the pipes are counted. */
  private void settle(Posix.Ended how) {
    dropAlarms();
    streams.settle(killsLeftovers, SETTLING);
    flushEvents.run();
    ended(terminationOf(ExitStatus.ofWait(how.status())), how.cpuTime(), how.peakMemory());
  }

  /** Ends a started command that no thread waits for. */
  void lost() {
    stopAccounting();
    killTree();
    try {
      posix.await(pid);
    } catch (IOException e) {
      LOG.debug("it has gone already", e);
    }
  }

  @Override
  protected void askToEnd() {
    remember();
    posix.kill(pid, Posix.SIGTERM);
  }

  @Override
  protected void kill() {
    killTree();
  }

  private void remember() {
    if (handle != null) {
      handle.descendants().forEach(seen::add);
    }
    List.copyOf(seen).forEach(each -> each.descendants().forEach(seen::add));
  }

  /** Kills until a round finds no process: the next round finds processes forked meanwhile. */
  private void killTree() {
    for (int round = 0; round < ROUNDS; round++) {
      remember();
      boolean anyone = posix.kill(-pid, Posix.SIGKILL);
      for (ProcessHandle each : seen) {
        anyone |= each.isAlive() && each.destroyForcibly();
      }
      if (!anyone) {
        return;
      }
    }
  }

  @Override
  public void resize(TerminalSize size) {
    if (streams.terminal().isEmpty()) {
      super.resize(size);
      return;
    }
    setSize(streams.terminal().get(), size);
  }

  /** Uses stty(1): the call takes its arguments differently on each processor. */
  static void setSize(String terminal, TerminalSize size) {
    try {
      // The shell opens it: this JVM may lead a session that has no terminal yet.
      ProcessBuilder builder =
          new ProcessBuilder(
                  "/bin/sh",
                  "-c",
                  "exec stty rows \"$2\" cols \"$3\" <\"$1\"",
                  "ringfence",
                  terminal,
                  Integer.toString(size.rows()),
                  Integer.toString(size.columns()))
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD);
      builder.environment().clear();
      builder.environment().put("PATH", "/usr/bin:/bin");
      builder.start().waitFor();
    } catch (IOException e) {
      LOG.debug("the terminal has gone", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public OutputStream getOutputStream() {
    return streams.input();
  }

  @Override
  public InputStream getInputStream() {
    return streams.output();
  }

  @Override
  public InputStream getErrorStream() {
    return streams.error();
  }

  @Override
  public long pid() {
    return pid;
  }

  @Override
  public ProcessHandle toHandle() {
    if (handle == null) {
      throw new UnsupportedOperationException("this system gives no handle for the process");
    }
    return handle;
  }
}
