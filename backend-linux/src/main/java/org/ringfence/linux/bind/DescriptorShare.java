package org.ringfence.linux.bind;

import java.util.concurrent.Semaphore;
import org.ringfence.linux.plan.Syscall;

/**
 * The descriptors of this JVM that waiting calls of one sandbox may hold: a quarter of the JVM's
 * limit. The rest stays for commands that start, calls that do not wait, and the application.
 * Thread-safe.
 */
public final class DescriptorShare {
  private static final int PARTS = 4;
  private static final int MOST = 4096;
  // asm-generic/resource.h
  private static final int RLIMIT_NOFILE = 7;
  private static final long USUAL_LIMIT = 1024;

  private final int total;
  private final Semaphore free;

  private DescriptorShare(int total) {
    this.total = total;
    this.free = new Semaphore(total);
  }

  /**
   * Makes a share of this JVM's descriptors.
   *
   * @param kernel the system calls
   * @return the share, of which nothing is taken
   */
  public static DescriptorShare of(Kernel kernel) {
    long limit = USUAL_LIMIT;
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(16);
      if (kernel.call(Syscall.PRLIMIT64, 0, RLIMIT_NOFILE, 0, at) >= 0) {
        // RLIM_INFINITY is -1.
        limit = block.getLong(at);
      }
    }
    return new DescriptorShare(limit < 0 ? MOST : (int) Math.min(Math.max(1, limit / PARTS), MOST));
  }

  /**
   * Returns the total number.
   *
   * @return the number, taken and free
   */
  public int total() {
    return total;
  }

  /**
   * Takes a number of descriptors, or none.
   *
   * @param count the number
   * @return whether they are taken
   */
  public boolean take(int count) {
    return free.tryAcquire(count);
  }

  /**
   * Gives a number of descriptors back.
   *
   * @param count how many
   */
  public void give(int count) {
    free.release(count);
  }
}
