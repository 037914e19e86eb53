package org.ringfence.linux.task;

import static org.ringfence.linux.bind.Constants.SECCOMP_IOCTL_NOTIF_RECV;
import static org.ringfence.linux.bind.Constants.SECCOMP_IOCTL_NOTIF_SEND;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Syscall;

/**
 * Memory for one held call at a time: the supervisor receives it, and refuses it if need be,
 * without allocating anything. For one thread.
 */
public final class HeldCall implements AutoCloseable {
  private static final int NOTIFICATION_BYTES = 80;
  private static final int REPLY_BYTES = 24;
  private static final int SCHED_ATTR_BYTES = 56;
  // kernel/sched/syscalls.c: the kernel takes no less than 0.1 ms.
  private static final long SHORTEST_SLICE_NANOS = 100_000;

  private final Kernel kernel;
  private final NativeBlock block = new NativeBlock(256);
  private final long notification = block.allocate(NOTIFICATION_BYTES);
  private final long reply = block.allocate(REPLY_BYTES);
  private int listener;

  public HeldCall(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Asks for short slices: on a busy machine a caller waits until the kernel runs this thread.
   * Linux 6.12 gives a thread with a shorter slice its turn earlier; an error changes nothing.
   */
  public void answerSoon() {
    // struct sched_attr of linux/sched/types.h: size, policy, flags, nice, priority, runtime.
    block.setInt(notification, SCHED_ATTR_BYTES);
    block.setLong(notification + 24, SHORTEST_SLICE_NANOS);
    kernel.call(Syscall.SCHED_SETATTR, 0, notification, 0);
  }

  /** Receives a call; false if its caller was killed before the supervisor could look. */
  public boolean receive(int from) {
    listener = from;
    block.clear(notification, NOTIFICATION_BYTES);
    return kernel.call(Syscall.IOCTL, from, SECCOMP_IOCTL_NOTIF_RECV, notification) >= 0;
  }

  /** {@code struct seccomp_notif}: id, pid, flags, then {@code struct seccomp_data}. */
  public SyscallNotification call() {
    long[] arguments = new long[6];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = block.getLong(notification + 32 + 8L * i);
    }
    return new SyscallNotification(
        kernel,
        listener,
        block.getLong(notification),
        block.getInt(notification + 8),
        block.getInt(notification + 16),
        arguments);
  }

  /** Fails the call, unless it has been answered. */
  public void refuse(int error) {
    block.setLong(reply, block.getLong(notification));
    block.setLong(reply + 8, 0);
    block.setInt(reply + 16, -error);
    block.setInt(reply + 20, 0);
    kernel.call(Syscall.IOCTL, listener, SECCOMP_IOCTL_NOTIF_SEND, reply);
  }

  @Override
  public void close() {
    block.close();
  }
}
