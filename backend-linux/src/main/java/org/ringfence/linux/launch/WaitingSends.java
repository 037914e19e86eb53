package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.MSG_DONTWAIT;
import static org.ringfence.linux.bind.Constants.MSG_NOSIGNAL;

import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.plan.Errno;

/**
 * Sends that wait for a full socket. Each holds a copy of its message, and all of a sandbox
 * together hold no more than {@link #MOST_BYTES}. A send for which there is no room holds nothing:
 * its message stays in the memory of the caller, which waits, and is copied when there is room. So
 * that it does not wait for sends that never end, it is tried from time to time, one at a time.
 * Thread-safe.
 */
final class WaitingSends {
  /** Bytes of all copies, on the heap and outside it. */
  static final int MOST_BYTES = 16 << 20;

  /** A message is copied from the caller to the heap and from there for the kernel. */
  private static final int COPIES = 2;

  private static final long LOOK_MILLIS = 200;

  private final Kernel kernel;
  private final Child child;
  private final Executor blocking;
  private final Semaphore room = new Semaphore(MOST_BYTES);
  private final Lock turn = new ReentrantLock();

  /** A message in the caller's memory. */
  interface Source {
    /** Copies it; what exceeds {@code most} bytes is cut off or refused. */
    SocketMessage read(int most) throws AccessException;
  }

  /**
   * A send that waits.
   *
   * @param call the call
   * @param fd a copy of the socket
   * @param source where the message is
   * @param size how many bytes it had when it was decided on
   * @param destination where it may go
   * @param flags the call's flags
   * @param answer takes the result of the kernel's send
   */
  record Waiting(
      TrappedCall call,
      int fd,
      Source source,
      int size,
      Destination destination,
      int flags,
      LongConsumer answer) {}

  WaitingSends(Kernel kernel, Executor blocking) {
    this.kernel = kernel;
    this.child = new Child(kernel);
    this.blocking = blocking;
  }

  /**
   * Sends when it can be sent; takes over and closes the socket's copy and the destination.
   *
   * @throws java.util.concurrent.RejectedExecutionException if too many calls wait; then nothing is
   *     taken over
   */
  void add(Waiting waiting) {
    blocking.execute(() -> run(waiting));
  }

  private void run(Waiting waiting) {
    int bytes = COPIES * Math.max(1, waiting.size());
    try {
      boolean sent = false;
      while (!sent) {
        if (room.tryAcquire(bytes, LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
          try {
            waiting.answer().accept(attempt(waiting, 0));
          } finally {
            room.release(bytes);
          }
          return;
        }
        if (child.signalled(waiting.call().tid())) {
          // The caller could not be woken for it while its call is held.
          waiting.call().fail(Errno.ERESTARTSYS);
          return;
        }
        sent = triedAlone(waiting);
      }
    } catch (AccessException e) {
      waiting.call().result(e.result());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      waiting.call().fail(Errno.EINTR);
    } finally {
      waiting.destination().close();
      child.close(waiting.fd());
    }
  }

  /** Without room, and so without waiting; one at a time. */
  private boolean triedAlone(Waiting waiting) throws AccessException {
    if (!turn.tryLock()) {
      return false;
    }
    try {
      long result = attempt(waiting, MSG_DONTWAIT);
      if (result == -Errno.EAGAIN.value()) {
        return false;
      }
      waiting.answer().accept(result);
      return true;
    } finally {
      turn.unlock();
    }
  }

  /** The address is the one that was decided on, whatever the message says by now. */
  private long attempt(Waiting waiting, int flag) throws AccessException {
    SocketMessage message = waiting.source().read(waiting.size());
    try {
      waiting.call().live();
      return message.send(
          kernel,
          waiting.fd(),
          waiting.destination().address(),
          waiting.flags() | flag | MSG_NOSIGNAL);
    } finally {
      message.close(child);
    }
  }
}
