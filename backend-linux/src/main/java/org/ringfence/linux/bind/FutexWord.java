package org.ringfence.linux.bind;

import static org.ringfence.linux.bind.Constants.FUTEX_WAIT;
import static org.ringfence.linux.bind.Constants.FUTEX_WAKE;

import org.ringfence.linux.plan.Syscall;

/**
 * A word of native memory that one thread sets and others wait for, in the kernel. A restricted
 * thread may set it: waking a Java waiter could start a carrier for a virtual thread, which would
 * inherit the restrictions. The creator of the word owns the memory.
 */
public final class FutexWord {
  private final Kernel kernel;
  private final NativeBlock block;
  private final long address;

  public FutexWord(Kernel kernel, NativeBlock block) {
    this.kernel = kernel;
    this.block = block;
    this.address = block.allocate(8);
  }

  /** Sets the word and wakes all waiters; allocates nothing. */
  @RestrictedThread
  public void set() {
    block.setInt(address, 1);
    kernel.call(Syscall.FUTEX, address, FUTEX_WAKE, Integer.MAX_VALUE);
  }

  @RestrictedThread
  boolean isSet() {
    return block.getInt(address) != 0;
  }

  /** Blocks until the word is set. Does not react to interruption. */
  @RestrictedThread
  public void await() {
    while (!isSet()) {
      kernel.call(Syscall.FUTEX, address, FUTEX_WAIT, 0, 0);
    }
  }
}
