package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.EPOLLOUT;
import static org.ringfence.linux.bind.Constants.MSG_DONTWAIT;
import static org.ringfence.linux.bind.Constants.MSG_NOSIGNAL;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.socket.SocketMessage;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.WaitingCalls;

/**
 * Sends that wait for a full socket. Each holds a copy of its message, and all of a sandbox
 * together hold at most {@link #MOST_BYTES} and half the descriptors that waiting calls may hold. A
 * send without room holds nothing: its message stays in the memory of the caller, which waits, and
 * is copied when there is room. So that sends that never end do not block it, it is tried from time
 * to time, one at a time. Thread-safe.
 */
final class WaitingSends {
  /** Bytes of all copies, on the heap and outside it. */
  static final int MOST_BYTES = 16 << 20;

  /** A message is copied from the caller to the heap and from there for the kernel. */
  private static final int COPIES = 2;

  private static final long LOOK_MILLIS = 200;

  private final Kernel kernel;
  private final TargetMemory child;
  private final WaitingCalls calls;
  private final Semaphore room = new Semaphore(MOST_BYTES);
  private final Semaphore descriptors;
  private final Lock turn = new ReentrantLock();

  /** A message in the caller's memory. */
  interface Source {
    /** Copies the message; cuts off or refuses bytes beyond {@code most}. */
    SocketMessage read(int most) throws AccessException;
  }

  /**
   * A send that waits.
   *
   * @param call the call
   * @param fd a copy of the socket
   * @param source where the message is
   * @param size its number of bytes at the decision
   * @param passed its number of descriptors then
   * @param destination where it may go
   * @param flags the call's flags
   * @param answer takes the result of the kernel's send
   */
  record Waiting(
      SyscallNotification call,
      int fd,
      Source source,
      int size,
      int passed,
      Destination destination,
      int flags,
      LongConsumer answer) {}

  WaitingSends(Kernel kernel, WaitingCalls calls) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.calls = calls;
    this.descriptors = new Semaphore(calls.descriptors().total() / 2);
  }

  /**
   * Sends when possible; takes over and closes the socket's copy and the destination.
   *
   * @throws java.util.concurrent.RejectedExecutionException if too many calls wait; then nothing is
   *     taken over
   */
  void add(Waiting waiting) {
    // A destination may hold a socket's file.
    calls.add(waiting.call(), 2, new Send(waiting));
  }

  private final class Send implements WaitingCalls.Waiting {
    private final Waiting waiting;
    private final int bytes;
    private boolean hasRoom;
    private SocketMessage message;
    private boolean woken;

    private Send(Waiting waiting) {
      this.waiting = waiting;
      this.bytes = COPIES * Math.max(1, waiting.size());
    }

    @Override
    public boolean attempt() throws AccessException {
      if (message == null) {
        hasRoom = hasRoom || room.tryAcquire(bytes);
        if (!hasRoom || !descriptors.tryAcquire(waiting.passed())) {
          return triedAlone();
        }
        boolean read = false;
        try {
          message = read();
          read = true;
        } finally {
          if (!read) {
            descriptors.release(waiting.passed());
          }
        }
      }
      return sent(message);
    }

    private SocketMessage read() throws AccessException {
      SocketMessage copied = waiting.source().read(waiting.size());
      boolean usable = false;
      try {
        waiting.call().live();
        if (copied.passed() > waiting.passed()) {
          // Another thread has changed it since it was decided on.
          throw new AccessException(-Errno.EINVAL.value());
        }
        usable = true;
        return copied;
      } finally {
        if (!usable) {
          copied.close(child);
        }
      }
    }

    /** Sends to the address that was decided on, whatever the message says by now. */
    private boolean sent(SocketMessage copied) {
      long result =
          copied.send(
              kernel,
              waiting.fd(),
              waiting.destination().address(),
              waiting.flags() | MSG_DONTWAIT | MSG_NOSIGNAL);
      if (result == -Errno.EAGAIN.value()) {
        return false;
      }
      waiting.answer().accept(result);
      return true;
    }

    /** Tries a send without room; one at a time. */
    private boolean triedAlone() throws AccessException {
      if (!turn.tryLock()) {
        return false;
      }
      try {
        SocketMessage copied = read();
        try {
          return sent(copied);
        } finally {
          copied.close(child);
        }
      } finally {
        turn.unlock();
      }
    }

    /**
     * Pauses before the next try: a datagram socket is writable even if its destination is full.
     */
    @Override
    public void pause(long millis) throws InterruptedException {
      if (message != null) {
        if (woken) {
          Thread.sleep(millis);
        }
        woken = WaitingCalls.ready(kernel, waiting.fd(), EPOLLOUT, millis);
      } else if (hasRoom) {
        Thread.sleep(LOOK_MILLIS);
      } else {
        hasRoom = room.tryAcquire(bytes, LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void close() {
      if (message != null) {
        message.close(child);
        descriptors.release(waiting.passed());
      }
      if (hasRoom) {
        room.release(bytes);
      }
      waiting.destination().close();
      child.close(waiting.fd());
    }
  }
}
