package org.ringfence.linux.task;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Knows which held callers alone can change their descriptors: a process of one thread whose table
 * no other process shares. While such a caller is held and until the kernel has looked a descriptor
 * up, its numbers lead to the same objects, so a decision on the kind of an object stays true.
 * Names and memory may change all the same.
 *
 * <p>A table is shared by threads, which the kernel counts, and by processes that {@code clone(2)}
 * makes with CLONE_FILES and without CLONE_THREAD, which the filter reports. The filter closes
 * every other way to another process's table (pidfd_getfd, io_uring). A tracer changes a process
 * only while that process is in a stop for it (ptrace(2)): a held caller is in none, and what wakes
 * it for one (a signal, PTRACE_INTERRUPT) ends the notification, so that no answer to it is taken.
 * Thread-safe.
 */
public final class OwnDescriptors {
  private final TargetMemory child;
  private volatile boolean shared;

  public OwnDescriptors(Kernel kernel) {
    this.child = new TargetMemory(kernel);
  }

  /** Lets a process make another that shares its table; from then on no caller counts as alone. */
  public void share(SyscallNotification call) {
    shared = true;
    call.proceed();
  }

  /** Returns whether only the held caller can change its descriptors. */
  public boolean belongTo(SyscallNotification call) throws AccessException {
    return !shared && child.threads(call.tid()) == 1;
  }
}
