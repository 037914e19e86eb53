package org.ringfence.linux.stream;

import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.S_IFSOCK;

import java.io.IOException;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Copies between a command's pipe and the descriptor that its caller handed in, on a separate
 * thread. Bytes that have arrived when the command ends are copied before its end is reported;
 * bytes that no reader takes are dropped when the command is killed.
 */
abstract sealed class StreamPump implements Runnable permits InputPump, OutputPump {
  static final int CHUNK = 65536;

  final Kernel kernel;
  final int handed;
  final boolean socket;
  private final Descriptors descriptors;
  private final boolean closesHanded;
  private final int event;
  private volatile boolean over;
  private volatile boolean givenUp;
  private Runnable whenDrained = () -> {};
  private boolean drained;
  private boolean closed;
  private NativeBlock block;
  private long polls;
  private long none;
  private long counter;

  /**
   * Prepares a pump.
   *
   * @param kernel the system calls
   * @param handed the descriptor that the caller handed in
   * @param closesHanded whether this JVM closes it
   */
  StreamPump(Kernel kernel, int handed, boolean closesHanded) throws IOException {
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
    this.handed = handed;
    this.closesHanded = closesHanded;
    try {
      this.socket = new PathResolver(kernel).status(handed).is(S_IFSOCK);
    } catch (AccessException e) {
      throw new IOException(e.getMessage(), e);
    }
    this.event = descriptors.event();
  }

  /** Starts copying. */
  final void start(Runnable drainedAction) {
    whenDrained = drainedAction;
    Thread thread = new Thread(this, "ringfence-stream");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Tells the pump that the command has ended.
   *
   * @param giveUp whether bytes that have arrived may be lost rather than waited for
   */
  final synchronized void commandEnded(boolean giveUp) {
    givenUp |= giveUp;
    over = true;
    if (!closed) {
      try (NativeBlock one = new NativeBlock(16)) {
        long at = one.allocate(8);
        one.setLong(at, 1);
        kernel.call(Syscall.WRITE, event, at, 8);
      }
    }
  }

  final boolean isOver() {
    return over;
  }

  final boolean isGivenUp() {
    return givenUp;
  }

  @Override
  public final void run() {
    try (NativeBlock memory = new NativeBlock(CHUNK + 256L)) {
      block = memory;
      polls = memory.allocate(16);
      none = memory.allocate(16);
      counter = memory.allocate(8);
      copy(memory.allocate(CHUNK));
    } finally {
      close();
      drained();
    }
  }

  /** Copies until no bytes are left. */
  abstract void copy(long buffer);

  /** Closes the pipe's ends that are this JVM's. */
  abstract void closePipe();

  /** Records that all bytes that the command wrote, or could read, are copied. */
  final void drained() {
    if (!drained) {
      drained = true;
      whenDrained.run();
    }
  }

  /**
   * Waits until a descriptor is ready, or the command has ended.
   *
   * @param fd the descriptor, -1 for the end alone
   * @param events the events to wait for, as in poll(2)
   * @param waits whether to wait at all
   * @return whether it is ready
   */
  final boolean ready(int fd, int events, boolean waits) {
    // struct pollfd: fd, events, revents.
    block.setInt(polls, fd);
    block.setShort(polls + 4, (short) events);
    block.setShort(polls + 6, (short) 0);
    block.setInt(polls + 8, event);
    block.setShort(polls + 12, (short) EPOLLIN);
    block.setShort(polls + 14, (short) 0);
    kernel.call(Syscall.PPOLL, polls, 2, waits ? 0 : none, 0, 0, 0);
    if (block.getShort(polls + 14) != 0) {
      kernel.call(Syscall.READ, event, counter, 8);
    }
    return block.getShort(polls + 6) != 0;
  }

  /** Returns the number of bytes in a pipe, given one of its ends. */
  final int waiting(int pipe) {
    // FIONREAD of asm-generic/ioctls.h
    block.setInt(counter, 0);
    kernel.call(Syscall.IOCTL, pipe, 0x541B, counter);
    return block.getInt(counter);
  }

  static boolean again(long result) {
    return result == -Errno.EAGAIN.value() || result == -Errno.EINTR.value();
  }

  final void closeDescriptor(int fd) {
    descriptors.close(fd);
  }

  /** Frees the resources of a pump that has not been started, or has ended. */
  final synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    closePipe();
    descriptors.close(event);
    if (closesHanded) {
      descriptors.close(handed);
    }
  }
}
