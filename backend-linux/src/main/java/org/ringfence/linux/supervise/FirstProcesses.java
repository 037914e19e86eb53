package org.ringfence.linux.supervise;

import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.F_DUPFD_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SIGKILL;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.EventPoll;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes bubblewrap wait for the first process of a command's namespace, so that the kernel adds the
 * usage of all processes that were waited for inside to bubblewrap's own.
 *
 * <p>By itself bubblewrap exits as soon as the first process tells it of the command's end, through
 * an event descriptor (monitor_child and do_init in bubblewrap.c), and nothing that it could wait
 * for is left to it. The supervisor therefore puts a descriptor of its own in that place while it
 * holds the first process's call, hears of the end itself, and kills the first process, which ends
 * the namespace. No command can reach the descriptor: the filter denies pidfd_getfd, and also where
 * the policy allows ptrace, all that names the first process.
 *
 * <p>Thread-safe.
 */
public final class FirstProcesses implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FirstProcesses.class);
  private static final String EVENT = "anon_inode:[eventfd]";
  private static final int HIGHEST_STREAM = 2;
  private static final long END_SECONDS = 10;

  private final Kernel kernel;
  private final TargetMemory child;
  private final Descriptors descriptors;
  private final EventPoll poll;
  private final long data;
  private final Map<Integer, First> byBubblewrap = new HashMap<>();

  /**
   * A first process: the descriptor that hears of its command's end, and the status that it told.
   */
  private record First(int event, int pidfd, OptionalInt status) {}

  /**
   * Starts without a process.
   *
   * @param data the number that is added to each descriptor's own in the poll
   */
  FirstProcesses(Kernel kernel, EventPoll poll, long data) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.descriptors = new Descriptors(kernel);
    this.poll = poll;
    this.data = data;
  }

  /** Takes bubblewrap's place at a first process, whose call is held. */
  synchronized void take(SyscallNotification call) {
    int event = -1;
    int pidfd = -1;
    boolean taken = false;
    try {
      OptionalInt place = place(call.tid());
      if (place.isEmpty()) {
        return;
      }
      int bubblewrap = child.parent(call.tid());
      pidfd = (int) Descriptors.check("pidfd", kernel.call(Syscall.PIDFD_OPEN, call.tid(), 0));
      event = descriptors.event();
      poll.add(event, EPOLLIN, data + event);
      taken = call.replaces(event, place.getAsInt());
      if (taken) {
        byBubblewrap.put(bubblewrap, new First(event, pidfd, OptionalInt.empty()));
      }
    } catch (IOException | AccessException e) {
      LOG.debug("the usage of a command will not be known: {}", e.getMessage());
    } finally {
      if (!taken) {
        descriptors.close(event);
        descriptors.close(pidfd);
      }
    }
  }

  /** Finds the only event descriptor that bubblewrap leaves to its first process. */
  private static OptionalInt place(int pid) throws IOException {
    OptionalInt found = OptionalInt.empty();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path each : all) {
        int number = Integer.parseInt(each.getFileName().toString());
        if (number > HIGHEST_STREAM && Files.readSymbolicLink(each).toString().equals(EVENT)) {
          if (found.isPresent()) {
            return OptionalInt.empty();
          }
          found = OptionalInt.of(number);
        }
      }
    }
    return found;
  }

  /** Handles the news that a command has ended: ends the processes that it has left. */
  synchronized void ended(int event) {
    for (Map.Entry<Integer, First> each : byBubblewrap.entrySet()) {
      First first = each.getValue();
      if (first.event() == event) {
        try (NativeBlock block = new NativeBlock(16)) {
          long at = block.allocate(8);
          if (kernel.call(Syscall.READ, event, at, 8) == 8) {
            // bubblewrap's form: the exit value and one.
            int status = (int) (block.getLong(at) - 1) & 0xff;
            each.setValue(new First(event, first.pidfd(), OptionalInt.of(status)));
            kill(first);
          }
        }
        return;
      }
    }
  }

  private void kill(First first) {
    kernel.call(Syscall.PIDFD_SEND_SIGNAL, first.pidfd(), SIGKILL, 0, 0);
  }

  /**
   * Kills the processes of a namespace; bubblewrap then ends by itself.
   *
   * @param bubblewrap bubblewrap's process
   * @return false if its first process is not known
   */
  public synchronized boolean kill(int bubblewrap) {
    First first = byBubblewrap.get(bubblewrap);
    if (first != null) {
      kill(first);
    }
    return first != null;
  }

  /** Returns whether bubblewrap does not exit before it has waited for the first process. */
  public synchronized boolean awaited(int bubblewrap) {
    return byBubblewrap.containsKey(bubblewrap);
  }

  /**
   * Waits until a namespace's first process has ended, and with it every other process there.
   *
   * @param bubblewrap bubblewrap's process
   * @return false if that is not known
   */
  public boolean awaitEnd(int bubblewrap) {
    int pidfd;
    synchronized (this) {
      First first = byBubblewrap.get(bubblewrap);
      pidfd =
          first == null
              ? -1
              : (int)
                  kernel.call(Syscall.FCNTL, first.pidfd(), F_DUPFD_CLOEXEC, HIGHEST_STREAM + 1);
    }
    if (pidfd < 0) {
      return false;
    }
    try (NativeBlock block = new NativeBlock(64)) {
      // struct pollfd, struct timespec
      long poll = block.allocate(8);
      block.setInt(poll, pidfd);
      block.setShort(poll + 4, (short) EPOLLIN);
      long time = block.allocate(16);
      block.setLong(time, END_SECONDS);
      return kernel.call(Syscall.PPOLL, poll, 1, time, 0) == 1;
    } finally {
      descriptors.close(pidfd);
    }
  }

  /** Returns the exit value of a command, when its first process has told it. */
  public synchronized OptionalInt status(int bubblewrap) {
    First first = byBubblewrap.get(bubblewrap);
    return first == null ? OptionalInt.empty() : first.status();
  }

  /** Forgets the first process of an ended bubblewrap. */
  synchronized void forget(int bubblewrap) {
    First first = byBubblewrap.remove(bubblewrap);
    if (first != null) {
      descriptors.close(first.event());
      descriptors.close(first.pidfd());
    }
  }

  @Override
  public synchronized void close() {
    for (First first : byBubblewrap.values()) {
      descriptors.close(first.event());
      descriptors.close(first.pidfd());
    }
    byBubblewrap.clear();
  }
}
