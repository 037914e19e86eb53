package org.ringfence.linux.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Finds the command of a process: the one that is its ancestor or leads its session, which no
 * process can choose. For a process that has left the session and lost its parent, it needs an
 * earlier event of the new session, or a single running command. Thread-safe.
 */
public final class CommandLookup {
  // A command may make a chain of processes of any length.
  private static final int MOST_STEPS = 64;
  private static final int MOST_SESSIONS = 1024;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long OWN = ProcessHandle.current().pid();

  private final Map<Long, Long> byRoot = new ConcurrentHashMap<>();
  private final Map<Long, Long> bySession = new ConcurrentHashMap<>();
  private final List<Long> running = new ArrayList<>();

  /** Adds a command that is about to start. */
  public void add(long command) {
    synchronized (running) {
      running.add(command);
    }
  }

  /** Records that a command has started. */
  public void root(long pid, long command) {
    byRoot.put(pid, command);
    synchronized (running) {
      running.notifyAll();
    }
  }

  /** Removes a command once all its events have been reported. */
  public void remove(long command) {
    synchronized (running) {
      running.remove(command);
      running.notifyAll();
    }
    byRoot.values().removeIf(each -> each == command);
    bySession.values().removeIf(each -> each == command);
  }

  /**
   * Returns the command of a process or thread.
   *
   * @param pid its number, 0 when unknown
   * @return the command's number, 0 when unknown, and the negated number of a first process that is
   *     not known yet; see {@link #await}
   */
  long of(long pid) {
    List<Long> sessions = new ArrayList<>();
    long at = pid;
    for (int step = 0; at > 1 && step < MOST_STEPS; step++) {
      Long command = byRoot.get(at);
      Stat stat = command == null ? Stat.of(at) : null;
      if (stat != null) {
        command = byRoot.getOrDefault(stat.session(), bySession.get(stat.session()));
        sessions.add(stat.session());
      }
      if (command != null) {
        remember(sessions, command);
        return command;
      }
      if (stat != null && stat.parent() == OWN) {
        return -at;
      }
      at = stat == null ? 0 : stat.parent();
    }
    synchronized (running) {
      return running.size() == 1 ? running.get(0) : 0;
    }
  }

  /**
   * Waits for a command that {@link #of} did not know yet: a first process begins before its launch
   * has its number. The thread that answers calls must not wait here.
   *
   * @param found the result of {@link #of}
   * @return the command's number, 0 when it is not known
   * @throws InterruptedException if the wait is interrupted
   */
  long await(long found) throws InterruptedException {
    if (found >= 0) {
      return found;
    }
    long end = System.nanoTime() + PATIENCE_NANOS;
    synchronized (running) {
      while (!byRoot.containsKey(-found) && !running.isEmpty()) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          break;
        }
        running.wait(left);
      }
    }
    return byRoot.getOrDefault(-found, 0L);
  }

  private void remember(List<Long> sessions, long command) {
    for (long session : sessions) {
      if (!byRoot.containsKey(session) && bySession.size() < MOST_SESSIONS) {
        bySession.put(session, command);
      }
    }
  }

  /** {@code /proc/PID/stat}: the name in parentheses may itself contain some; proc(5). */
  private record Stat(long parent, long session) {
    static Stat of(long pid) {
      try {
        String text =
            Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
        return new Stat(Long.parseLong(fields[1]), Long.parseLong(fields[3]));
      } catch (IOException e) {
        // It has ended.
        return null;
      }
    }
  }
}
