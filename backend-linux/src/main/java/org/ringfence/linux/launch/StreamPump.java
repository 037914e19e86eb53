package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.S_IFSOCK;

import java.io.IOException;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * Copies between a pipe that a command has and the descriptor that its caller handed in, on a
 * thread of its own. What has come when the command ends is copied before its end is told; what
 * nobody takes is given up when the command is to be ended.
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
   * @param handed what the caller handed in
   * @param closesHanded whether it is this JVM's to close
   */
  StreamPump(Kernel kernel, int handed, boolean closesHanded) throws IOException {
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
    this.handed = handed;
    this.closesHanded = closesHanded;
    try {
      this.socket = new PathObject(kernel).status(handed).is(S_IFSOCK);
    } catch (AccessException e) {
      throw new IOException(e.getMessage(), e);
    }
    this.event = descriptors.event();
  }

  /** Begins to copy. */
  final void start(Runnable drainedAction) {
    whenDrained = drainedAction;
    Thread thread = new Thread(this, "ringfence-stream");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * The command has ended.
   *
   * @param giveUp whether what has come already may be lost rather than waited for
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

  /** Copies until there is nothing more to copy. */
  abstract void copy(long buffer);

  /** Closes the pipe's ends that are this JVM's. */
  abstract void closePipe();

  /** All that the command has written, or could read, is copied. */
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
   * @param events for what, as poll(2) has it
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

  /** The bytes that wait in a pipe, asked through an end of it. */
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

  /** Frees what a pump has; for one that has not been started, or has ended. */
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
