package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.F_SETFL;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.SO_SNDTIMEO;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.ringfence.linux.bind.DescriptorShare;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.task.Deadlines;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Connects that are under way while their callers wait. No thread waits: the supervisor's epoll
 * reports when one is done. Thread-safe.
 *
 * <p>A signal does not reach a caller while its call is held; so this class looks for signals that
 * would wake the caller, and returns the call to the kernel to be made again.
 */
final class PendingConnects {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Kernel kernel;
  private final TargetMemory child;
  private final HopGuard guard;
  private final Deadlines deadlines;
  private final DescriptorShare descriptors;
  private final IntPredicate watch;
  private final IntConsumer unwatch;
  private final Map<Integer, Pending> pending = new ConcurrentHashMap<>();

  /**
   * A connect that is under way.
   *
   * @param own whether it may only be connected to a server of the sandbox
   * @param due when the socket's send timeout expires, by {@link System#nanoTime()}; 0 for never
   */
  private record Pending(SyscallNotification call, SocketAddress address, boolean own, long due) {}

  /**
   * Starts without connects.
   *
   * @param descriptors bounds their number
   * @param watch calls {@link #ready} when a descriptor is writable; false if it cannot
   * @param unwatch stops that: closing the copy would not, while the caller has the socket
   */
  PendingConnects(
      Kernel kernel,
      TargetMemory child,
      HopGuard guard,
      Deadlines deadlines,
      DescriptorShare descriptors,
      IntPredicate watch,
      IntConsumer unwatch) {
    this.guard = guard;
    this.kernel = kernel;
    this.child = child;
    this.deadlines = deadlines;
    this.descriptors = descriptors;
    this.watch = watch;
    this.unwatch = unwatch;
  }

  /**
   * Connects a copy of the caller's socket, answers the call, and closes the copy.
   *
   * @param own whether it may only be connected to a server of the sandbox
   * @return the first answer of the kernel
   */
  long connect(SyscallNotification call, int fd, SocketAddress address, boolean own) {
    long flags = kernel.call(Syscall.FCNTL, fd, F_GETFL);
    long result = attempt(fd, address, own, flags);
    boolean underWay = result == -Errno.EINPROGRESS.value() || result == -Errno.EALREADY.value();
    if (!underWay || (flags & O_NONBLOCK) != 0) {
      child.close(fd);
      call.result(result);
      return result;
    }
    if (!descriptors.take(1)) {
      child.close(fd);
      call.fail(Errno.EAGAIN);
      return -Errno.EAGAIN.value();
    }
    boolean first;
    synchronized (pending) {
      first = pending.isEmpty();
      pending.put(fd, new Pending(call, address, own, due(fd)));
    }
    if (first) {
      lookLater();
    }
    if (!watch.test(fd)) {
      finish(fd, -Errno.ENOMEM.value());
    }
    return result;
  }

  /**
   * Makes a waiting call fail.
   *
   * @param before runs before the caller receives the error
   * @return false if the call does not wait here
   */
  boolean fail(SyscallNotification call, int fd, Runnable before, long error) {
    Pending one = pending.get(fd);
    if (one == null || one.call() != call || !pending.remove(fd, one)) {
      return false;
    }
    unwatch.accept(fd);
    before.run();
    child.close(fd);
    descriptors.give(1);
    call.result(error);
    return true;
  }

  /**
   * Connects without blocking. The flag belongs to the socket, not to the copy, and is restored at
   * once: in between, another thread's call on a socket that is not connected yet fails instead of
   * waiting.
   */
  private synchronized long attempt(int fd, SocketAddress address, boolean own, long flags) {
    boolean waits = (flags & O_NONBLOCK) == 0;
    long guarded = guard.before(fd, own);
    if (guarded < 0) {
      return guarded;
    }
    if (waits) {
      kernel.call(Syscall.FCNTL, fd, F_SETFL, flags | O_NONBLOCK);
    }
    try {
      return address.passTo(kernel, Syscall.CONNECT, fd);
    } finally {
      if (own) {
        guard.after(fd);
      }
      if (waits) {
        kernel.call(Syscall.FCNTL, fd, F_SETFL, flags);
      }
    }
  }

  /** Connects a unix socket if its server has room, and fails with EAGAIN otherwise. */
  synchronized long withoutWaiting(int fd, SocketAddress address) {
    long flags = kernel.call(Syscall.FCNTL, fd, F_GETFL);
    if ((flags & O_NONBLOCK) != 0) {
      return address.passTo(kernel, Syscall.CONNECT, fd);
    }
    kernel.call(Syscall.FCNTL, fd, F_SETFL, flags | O_NONBLOCK);
    try {
      return address.passTo(kernel, Syscall.CONNECT, fd);
    } finally {
      kernel.call(Syscall.FCNTL, fd, F_SETFL, flags);
    }
  }

  /**
   * Returns when a connect times out, by {@link System#nanoTime()}; 0 for never. SO_SNDTIMEO bounds
   * it (socket(7)); it is a {@code struct timeval}.
   */
  long due(int fd) {
    try (NativeBlock block = new NativeBlock(64)) {
      long value = block.allocate(16);
      long length = block.allocate(8);
      block.setInt(length, 16);
      kernel.call(
          Syscall.GETSOCKOPT,
          fd,
          org.ringfence.linux.bind.Constants.SOL_SOCKET,
          SO_SNDTIMEO,
          value,
          length,
          0);
      long micros = TimeUnit.SECONDS.toMicros(block.getLong(value)) + block.getLong(value + 8);
      return micros == 0
          ? 0
          : Math.max(1, System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(micros));
    }
  }

  /** Handles a watched descriptor that is writable or has failed. */
  void ready(int fd) {
    Pending one = pending.get(fd);
    if (one == null) {
      // The connect was given up while its watch began: no connect waits for that number now.
      unwatch.accept(fd);
      return;
    }
    // The second connect returns the outcome of the first and settles the socket's state.
    long result = attempt(fd, one.address(), one.own(), kernel.call(Syscall.FCNTL, fd, F_GETFL));
    if (result != -Errno.EINPROGRESS.value() && result != -Errno.EALREADY.value()) {
      finish(fd, result);
    }
  }

  private void finish(int fd, long result) {
    Pending one = pending.remove(fd);
    if (one != null) {
      unwatch.accept(fd);
      child.close(fd);
      descriptors.give(1);
      one.call().result(result);
    }
  }

  private void lookLater() {
    deadlines.add(LOOK_NANOS, this::look);
  }

  private void look() {
    pending.forEach(
        (fd, one) -> {
          if (!one.call().alive()) {
            finish(fd, -Errno.EINTR.value());
          } else if (one.due() != 0 && System.nanoTime() - one.due() >= 0) {
            finish(fd, -Errno.EINPROGRESS.value());
          } else if (signalled(one.call().tid())) {
            finish(fd, -Errno.ERESTARTSYS.value());
          }
        });
    synchronized (pending) {
      if (!pending.isEmpty()) {
        lookLater();
      }
    }
  }

  private boolean signalled(int tid) {
    try {
      return child.signalled(tid);
    } catch (AccessException e) {
      return false;
    }
  }

  /** Returns the descriptors that waiting calls may hold. */
  DescriptorShare descriptors() {
    return descriptors;
  }

  /** Gives up all connects that are under way. */
  void close() {
    pending.keySet().forEach(fd -> finish(fd, -Errno.EINTR.value()));
  }
}
