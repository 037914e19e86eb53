package org.ringfence.linux.launch;

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
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * Connects that are under way for callers who wait for them. No thread waits: the supervisor's
 * epoll says when one is done. Thread-safe.
 *
 * <p>A signal that the caller would wake up for does not reach it while its call is held; so it is
 * looked for, and the call given back to the kernel to be made again.
 */
final class PendingConnects {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Kernel kernel;
  private final Child child;
  private final HopGuard guard;
  private final Deadlines deadlines;
  private final DescriptorShare descriptors;
  private final IntPredicate watch;
  private final IntConsumer unwatch;
  private final Map<Integer, Pending> pending = new ConcurrentHashMap<>();

  /**
   * One that is under way.
   *
   * @param own whether it may be connected to a server of the sandbox alone
   * @param due when the socket's own time for sending is up, by {@link System#nanoTime()}; 0 for
   *     never
   */
  private record Pending(TrappedCall call, SocketAddress address, boolean own, long due) {}

  /**
   * Starts with none.
   *
   * @param descriptors bounds how many there are
   * @param watch has {@link #ready} called when a descriptor can be written; false if it cannot
   * @param unwatch ends that: closing our copy would not, while the caller has the socket
   */
  PendingConnects(
      Kernel kernel,
      Child child,
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
   * @param own whether it may be connected to a server of the sandbox alone
   * @return the first answer of the kernel
   */
  long connect(TrappedCall call, int fd, SocketAddress address, boolean own) {
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
   * Has a call that waits here fail.
   *
   * @param before what is done before its caller hears of it
   * @return false if it does not wait
   */
  boolean fail(TrappedCall call, int fd, Runnable before, long error) {
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
   * The flag belongs to the socket, not to the copy, and is put back at once: between the two, a
   * call that another thread makes on a socket that is not connected yet fails instead of waiting.
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
      return connect(fd, address);
    } finally {
      if (own) {
        guard.after(fd);
      }
      if (waits) {
        kernel.call(Syscall.FCNTL, fd, F_SETFL, flags);
      }
    }
  }

  private long connect(int fd, SocketAddress address) {
    try (NativeBlock block = new NativeBlock(SocketAddress.LONGEST + 32L)) {
      return kernel.call(Syscall.CONNECT, fd, block.bytes(address.bytes()), address.bytes().length);
    }
  }

  /** Connects a unix socket if its server has room, and fails with EAGAIN otherwise. */
  synchronized long withoutWaiting(int fd, SocketAddress address) {
    long flags = kernel.call(Syscall.FCNTL, fd, F_GETFL);
    if ((flags & O_NONBLOCK) != 0) {
      return connect(fd, address);
    }
    kernel.call(Syscall.FCNTL, fd, F_SETFL, flags | O_NONBLOCK);
    try {
      return connect(fd, address);
    } finally {
      kernel.call(Syscall.FCNTL, fd, F_SETFL, flags);
    }
  }

  /**
   * When a connect fails, by {@link System#nanoTime()}; 0 for never. SO_SNDTIMEO bounds it
   * (socket(7)); it is a {@code struct timeval}.
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

  /** A descriptor that was watched can be written, or has failed. */
  void ready(int fd) {
    Pending one = pending.get(fd);
    if (one == null) {
      // It was given up while its watch began: what has that number now is nobody's to wait for.
      unwatch.accept(fd);
      return;
    }
    // The second connect tells the outcome of the first and settles the socket's state.
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

  /** What calls that wait may hold. */
  DescriptorShare descriptors() {
    return descriptors;
  }

  /** Gives up what is under way. */
  void close() {
    pending.keySet().forEach(fd -> finish(fd, -Errno.EINTR.value()));
  }
}
