package org.ringfence.linux.bind;

import org.ringfence.linux.plan.Syscall;

/**
 * The signal of a child's end. Whoever started this JVM may have had it ignored: then the kernel
 * reaps each child by itself, no wait tells an exit value, and a process id may be another's. The
 * JDK restores the default when it starts its first process, which a JVM with Ringfence need not
 * do.
 */
public final class ChildSignal {
  // asm-generic/signal.h
  private static final int SIGCHLD = 17;
  private static final long SIG_DFL = 0;
  private static final long SIG_IGN = 1;
  private static final long SA_NOCLDWAIT = 2;
  // struct sigaction of the kernel: handler, flags, restorer and mask.
  private static final int ACTION_BYTES = 64;
  private static final int FLAGS = 8;
  private static final int SET_BYTES = 8;

  private ChildSignal() {}

  /**
   * Restores the default where the signal is ignored.
   *
   * @param kernel the system calls
   */
  public static void restore(Kernel kernel) {
    try (NativeBlock block = new NativeBlock(ACTION_BYTES + 32L)) {
      long action = block.allocate(ACTION_BYTES);
      if (kernel.call(Syscall.RT_SIGACTION, SIGCHLD, 0, action, SET_BYTES) < 0) {
        return;
      }
      long flags = block.getLong(action + FLAGS);
      boolean unheard =
          block.getLong(action) == SIG_IGN
              || block.getLong(action) == SIG_DFL && (flags & SA_NOCLDWAIT) != 0;
      if (unheard) {
        block.clear(action, ACTION_BYTES);
        kernel.call(Syscall.RT_SIGACTION, SIGCHLD, action, 0, SET_BYTES);
      }
    }
  }
}
