package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.EPOLLIN;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.ringfence.linux.bind.EventPoll;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.bind.ThreadEnd;
import org.ringfence.linux.plan.Syscall;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread that moves data between a sandbox's network namespace and this JVM's. */
final class OutsidePump implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OutsidePump.class);
  private static final int MOST_EVENTS = 64;
  private static final int BUFFER_BYTES = 128 * 1024;
  private static final int RETRY_MILLIS = 1000;

  private final Kernel kernel;
  private final EventPoll poll;
  private final Map<Integer, Moved> watched = new ConcurrentHashMap<>();
  private final Thread thread;
  private volatile boolean closed;

  /** Handles the events of a descriptor; called only on the pump's thread. */
  interface Moved {
    /**
     * Handles a ready descriptor.
     *
     * @param fd the ready descriptor
     * @param buffer scratch memory, not kept
     */
    void ready(int fd, Buffer buffer);

    /** Ends the transfer. */
    void end();
  }

  /**
   * A part of native memory.
   *
   * @param block the block that holds it
   * @param at the start address
   * @param size the number of bytes
   */
  record Buffer(NativeBlock block, long at, int size) {}

  OutsidePump(Kernel kernel) throws IOException {
    this.kernel = kernel;
    this.poll = new EventPoll(kernel);
    this.thread = new Thread(this::run, "ringfence-outside");
    thread.setDaemon(true);
    boolean done = false;
    try {
      poll.add(poll.event(), EPOLLIN, poll.event());
      thread.start();
      done = true;
    } finally {
      if (!done) {
        poll.close();
      }
    }
  }

  int size() {
    return watched.size();
  }

  /** Watches a descriptor; returns false if the kernel refuses. */
  boolean watch(int fd, int events, Moved moved) {
    watched.put(fd, moved);
    try {
      poll.add(fd, events, fd);
      return !closed;
    } catch (IOException e) {
      watched.remove(fd, moved);
      return false;
    }
  }

  /** Stops watching a descriptor; call before closing it. */
  void unwatch(int fd) {
    if (watched.remove(fd) != null) {
      poll.remove(fd);
    }
  }

  private void run() {
    try (NativeBlock block = new NativeBlock(MOST_EVENTS * 16L + BUFFER_BYTES + 256)) {
      long list = block.allocate(MOST_EVENTS * 16L);
      Buffer buffer = new Buffer(block, block.allocate(BUFFER_BYTES), BUFFER_BYTES);
      while (!closed) {
        long count =
            kernel.call(Syscall.EPOLL_PWAIT, poll.epoll(), list, MOST_EVENTS, RETRY_MILLIS, 0, 8);
        for (int i = 0; i < count && !closed; i++) {
          int fd = (int) poll.data(block, poll.entry(list, i));
          Moved moved = watched.get(fd);
          if (moved != null) {
            ready(moved, fd, buffer);
          }
        }
      }
      Map.copyOf(watched).values().forEach(Moved::end);
    }
  }

  private void ready(Moved moved, int fd, Buffer buffer) {
    try {
      moved.ready(fd, buffer);
    } catch (RuntimeException | OutOfMemoryError e) {
      moved.end();
      LOG.warn("a connection to the outside is ended: {}", e.toString());
    }
  }

  @Override
  public void close() {
    closed = true;
    poll.wake();
    ThreadEnd.await(thread);
    poll.close();
  }
}
