package org.ringfence.linux.bind;

import static org.ringfence.linux.bind.Constants.EPOLL_CTL_ADD;
import static org.ringfence.linux.bind.Constants.EPOLL_CTL_DEL;
import static org.ringfence.linux.bind.Constants.EPOLL_CTL_MOD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;

import java.io.IOException;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;

/**
 * The epoll descriptor of a supervisor, and the event descriptor through which any thread wakes it.
 * Thread-safe, as the kernel's calls are.
 */
public final class EventPoll implements AutoCloseable {
  private final Kernel kernel;
  private final Descriptors descriptors;
  private final int epoll;
  private final int event;
  private final int entrySize;

  public EventPoll(Kernel kernel) throws IOException {
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
    this.entrySize = entrySize(kernel);
    this.epoll = (int) Descriptors.check("epoll", kernel.call(Syscall.EPOLL_CREATE1, O_CLOEXEC));
    boolean done = false;
    try {
      this.event = descriptors.event();
      done = true;
    } finally {
      if (!done) {
        descriptors.close(epoll);
      }
    }
  }

  /** {@code struct epoll_event} is packed, 12 bytes, on x86_64 alone (linux/eventpoll.h). */
  private static int entrySize(Kernel kernel) {
    return kernel.arch() == Arch.X86_64 ? 12 : 16;
  }

  public int epoll() {
    return epoll;
  }

  public int event() {
    return event;
  }

  /** Returns the address of an entry in the list that a wait has filled. */
  public long entry(long list, int index) {
    return list + (long) index * entrySize;
  }

  /** Returns the number with which an entry's descriptor was added. */
  public long data(NativeBlock block, long entry) {
    return block.getLong(entry + entrySize - 8);
  }

  public void add(int descriptor, int events, long data) throws IOException {
    control(EPOLL_CTL_ADD, descriptor, events, data);
  }

  public void change(int descriptor, int events, long data) throws IOException {
    control(EPOLL_CTL_MOD, descriptor, events, data);
  }

  private void control(int operation, int descriptor, int events, long data) throws IOException {
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(16);
      block.setInt(at, events);
      block.setLong(at + entrySize - 8, data);
      Descriptors.check("epoll", kernel.call(Syscall.EPOLL_CTL, epoll, operation, descriptor, at));
    }
  }

  public void remove(int descriptor) {
    kernel.call(Syscall.EPOLL_CTL, epoll, EPOLL_CTL_DEL, descriptor, 0);
  }

  /** Ends the wait of the serving thread. */
  public void wake() {
    try (NativeBlock block = new NativeBlock(16)) {
      long one = block.allocate(8);
      block.setLong(one, 1);
      kernel.call(Syscall.WRITE, event, one, 8);
    }
  }

  @Override
  public void close() {
    descriptors.close(epoll);
    descriptors.close(event);
  }
}
