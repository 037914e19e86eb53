package org.ringfence.kit.stdio;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The output streams of one command. They share the output limit, and release their pipes at the
 * command's end: a stream then holds in memory the bytes that were still in its pipe.
 *
 * <p>The bytes that the command wrote decide whether it exceeded the limit, never a reader's
 * progress: {@link #settle} counts the bytes left in the pipes before it reports the end.
 * Thread-safe.
 */
public final class CommandOutputs {
  private final boolean limited;
  private final AtomicLong left;
  private final AtomicBoolean over = new AtomicBoolean();
  private final Runnable exceeded;
  private final List<CommandOutput> streams = new ArrayList<>();
  private final Object lock = new Object();
  private int pumping;
  private Runnable whenSettled;

  /**
   * Prepares the streams of a command.
   *
   * @param limit the byte limit of all streams together; empty for none
   * @param exceeded runs each time that bytes exceed the limit; must end the command
   */
  public CommandOutputs(OptionalLong limit, Runnable exceeded) {
    this.limited = limit.isPresent();
    this.left = new AtomicLong(limit.orElse(Long.MAX_VALUE));
    this.exceeded = exceeded;
  }

  /**
   * Returns a stream for the caller to read. Reading ends at the limit.
   *
   * @param pipe the parent's end of the pipe that the command writes to
   * @return the stream
   */
  public InputStream reading(InputStream pipe) {
    CommandOutput stream = new CommandOutput(pipe, this);
    synchronized (lock) {
      streams.add(stream);
    }
    return stream;
  }

  /**
   * Copies redirected output on a separate thread until the command's end.
   *
   * @param pipe the parent's end of the pipe that the command writes to
   * @param target the destination; closed at the end
   */
  public void pump(InputStream pipe, OutputStream target) {
    InputStream counted = reading(pipe);
    synchronized (lock) {
      pumping++;
    }
    StreamCopy.start("ringfence-output", counted, target, this::pumped);
  }

  /**
   * Returns one of this JVM's output streams as the target of a pump, which must not close it.
   *
   * @param number 1 for standard output, 2 for standard error
   * @return a stream whose end leaves the descriptor open
   */
  public static OutputStream ofThisJvm(int number) {
    return new FilterOutputStream(
        new FileOutputStream(number == 1 ? FileDescriptor.out : FileDescriptor.err)) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
      }

      @Override
      public void close() throws IOException {
        flush();
      }
    };
  }

  private void pumped() {
    Runnable then;
    synchronized (lock) {
      pumping--;
      then = takeIfSettled();
    }
    run(then);
  }

  /**
   * Drains the command's pipes after its end. Never waits: a reader that holds a stream settles it.
   * A call that fails for want of memory may be repeated.
   *
   * @param close whether to close the pipes, because no process of the command is left to write
   * @param then runs once, when every byte is counted and redirected output has been written: on
   *     this thread, or on a reader's or a pump's
   */
  public void settle(boolean close, Runnable then) {
    List<CommandOutput> all;
    synchronized (lock) {
      all = List.copyOf(streams);
      whenSettled = then;
    }
    for (CommandOutput stream : all) {
      stream.settle(close);
    }
    Runnable now;
    synchronized (lock) {
      now = takeIfSettled();
    }
    run(now);
  }

  /** Reports the end although a stream is not settled: its pipe is open in another program. */
  public void settleNow() {
    Runnable then;
    synchronized (lock) {
      then = whenSettled;
      whenSettled = null;
    }
    run(then);
  }

  /**
   * Drains the command's pipes, and waits until every byte is counted.
   *
   * @param close whether to close the pipes, because no process of the command is left to write
   * @param patience the maximum wait for a pipe that another program holds open
   */
  public void settle(boolean close, Duration patience) {
    CountDownLatch counted = new CountDownLatch(1);
    settle(close, counted::countDown);
    try {
      if (!counted.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        settleNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void settled(CommandOutput stream) {
    Runnable then;
    synchronized (lock) {
      stream.count();
      then = takeIfSettled();
    }
    run(then);
  }

  private Runnable takeIfSettled() {
    if (pumping > 0) {
      return null;
    }
    for (int i = 0; i < streams.size(); i++) {
      if (!streams.get(i).isCounted()) {
        return null;
      }
    }
    Runnable then = whenSettled;
    whenSettled = null;
    return then;
  }

  private static void run(Runnable then) {
    if (then != null) {
      then.run();
    }
  }

  /** Counts bytes that were read, and returns how many of them fit. */
  int take(int read) {
    if (!limited) {
      return read;
    }
    long before = left.getAndUpdate(now -> Math.max(0, now - read));
    if (before < read) {
      over.set(true);
      exceeded.run();
    }
    return (int) Math.min(before, read);
  }

  /**
   * Returns whether the command wrote more than the limit. Final once the streams are settled.
   *
   * @return true if bytes were cut off
   */
  public boolean exceeded() {
    return over.get();
  }
}
