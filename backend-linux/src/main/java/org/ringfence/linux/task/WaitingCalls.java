package org.ringfence.linux.task;

import static org.ringfence.linux.bind.Constants.CLONE_FS;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ringfence.linux.bind.DescriptorShare;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Calls whose callers wait. None waits in the kernel: this class retries each, so that it ends with
 * its caller, when a signal would wake the caller, and with the sandbox. Otherwise a command could
 * tie up this JVM's threads and descriptors for ever. Thread-safe.
 */
public final class WaitingCalls implements AutoCloseable {
  private static final int MOST_AT_ONCE = 256;
  private static final int MOST_QUEUED = 1024;
  private static final long IDLE_SECONDS = 10;
  private static final long LONGEST_PAUSE_MILLIS = 50;
  private static final long PATIENCE_SECONDS = 2;

  private final Kernel kernel;
  private final TargetMemory child;
  private final ThreadPoolExecutor threads;
  private final Executor executor;
  private final DescriptorShare descriptors;
  private final Set<Entry> entries = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** A waiting call with the resources that it holds. */
  public interface Waiting extends AutoCloseable {
    /**
     * Makes the call if it need not wait.
     *
     * @return whether the call has been answered
     */
    boolean attempt() throws AccessException, InterruptedException;

    /** Waits before the next attempt, no longer than the given time. */
    default void pause(long millis) throws InterruptedException {
      Thread.sleep(millis);
    }

    /** Releases its resources. */
    @Override
    void close();
  }

  public WaitingCalls(Kernel kernel, CallerRights rights) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.descriptors = DescriptorShare.of(kernel);
    this.threads =
        new ThreadPoolExecutor(
            MOST_AT_ONCE,
            MOST_AT_ONCE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_QUEUED),
            task -> {
              Thread thread = new Thread(() -> run(task), "ringfence-blocking");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    this.executor = rights.carriedTo(threads);
  }

  /** Runs a task with its own umask, 0, and its own directory, as a supervising thread has them. */
  private void run(Runnable task) {
    if (kernel.call(Syscall.UNSHARE, CLONE_FS) >= 0) {
      kernel.call(Syscall.UMASK, 0);
    }
    task.run();
  }

  /** Returns the descriptors that all waiting calls together may hold. */
  public DescriptorShare descriptors() {
    return descriptors;
  }

  /**
   * Answers a call on another thread, when it can be done.
   *
   * @param call the call
   * @param held the number of descriptors that it holds while it waits
   * @param waiting makes the call; closed at its end
   * @throws RejectedExecutionException if too many calls wait; then nothing is taken over
   */
  public void add(SyscallNotification call, int held, Waiting waiting) {
    if (!descriptors.take(held)) {
      throw new RejectedExecutionException("calls that wait hold as many descriptors as they may");
    }
    Entry entry = new Entry(call, held, waiting);
    boolean handedOver = false;
    try {
      entries.add(entry);
      executor.execute(entry);
      handedOver = true;
    } finally {
      if (!handedOver) {
        entries.remove(entry);
        descriptors.give(held);
      }
    }
  }

  private final class Entry implements Runnable {
    private final SyscallNotification call;
    private final int held;
    private final Waiting waiting;
    private final AtomicBoolean begun = new AtomicBoolean();

    private Entry(SyscallNotification call, int held, Waiting waiting) {
      this.call = call;
      this.held = held;
      this.waiting = waiting;
    }

    @Override
    public void run() {
      if (begun.compareAndSet(false, true)) {
        try {
          await();
        } catch (AccessException e) {
          call.result(e.result());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          call.fail(Errno.EINTR);
        } catch (OutOfMemoryError e) {
          call.fail(Exhaustion.ofThreads(e) ? Errno.EAGAIN : Errno.ENOMEM);
        } catch (RejectedExecutionException e) {
          call.fail(Errno.EAGAIN);
        } finally {
          end();
        }
      }
    }

    private void await() throws AccessException, InterruptedException {
      long pause = 1;
      while (!closed) {
        if (waiting.attempt() || !call.alive()) {
          return;
        }
        if (child.signalled(call.tid())) {
          // A signal cannot wake the caller while its call is held.
          call.fail(Errno.ERESTARTSYS);
          return;
        }
        waiting.pause(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
      }
      call.fail(Errno.EINTR);
    }

    /** Ends the call if no thread has begun it. */
    private void abandon() {
      if (begun.compareAndSet(false, true)) {
        call.fail(Errno.EINTR);
        end();
      }
    }

    private void end() {
      entries.remove(this);
      waiting.close();
      descriptors.give(held);
    }
  }

  /**
   * Waits until a descriptor is ready or the time is over.
   *
   * @param events as for {@code poll(2)}
   * @return whether it is ready, or failed
   */
  public static boolean ready(Kernel kernel, int fd, int events, long millis) {
    try (NativeBlock block = new NativeBlock(64)) {
      // struct pollfd, struct timespec
      long polled = block.allocate(8);
      block.setInt(polled, fd);
      block.setShort(polled + 4, (short) events);
      long time = block.allocate(16);
      block.setLong(time, millis / 1000);
      block.setLong(time + 8, TimeUnit.MILLISECONDS.toNanos(millis % 1000));
      return kernel.call(Syscall.PPOLL, polled, 1, time, 0, 8, 0) > 0;
    }
  }

  /** Ends all calls and frees their resources, except those of a call that a file system blocks. */
  @Override
  public void close() {
    closed = true;
    threads.shutdownNow();
    entries.forEach(Entry::abandon);
    boolean interrupted = Thread.interrupted();
    try {
      threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
