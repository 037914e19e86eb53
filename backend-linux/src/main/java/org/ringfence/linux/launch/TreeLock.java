package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.LOCK_EX;
import static org.ringfence.linux.bind.Constants.LOCK_NB;
import static org.ringfence.linux.bind.Constants.LOCK_UN;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.O_RDONLY;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.launch.HandedDescriptors.Identity;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * Is held over a decision that looks at what lies around a name, and over what is done then. One
 * lock orders the threads of a sandbox's supervisor. Supervisors of other sandboxes are ordered
 * where it matters by a lock on the directory itself (flock(2)), which ends with this one.
 */
final class TreeLock {
  private final ReentrantLock lock = new ReentrantLock();
  private final Kernel kernel;
  private final Child child;
  private final PathObject paths;
  // Guarded by the lock.
  private final Map<Identity, Integer> directories = new HashMap<>();
  private final ThreadLocal<Boolean> again = new ThreadLocal<>();

  /** Somebody else holds a directory: what was begun is to be done again, from its beginning. */
  private static final class HeldException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private HeldException() {
      super("a directory is held", null, false, false);
    }
  }

  TreeLock(Kernel kernel, PathObject paths) {
    this.kernel = kernel;
    this.child = new Child(kernel);
    this.paths = paths;
  }

  void lock() {
    lock.lock();
  }

  void unlock() {
    if (lock.getHoldCount() == 1) {
      directories
          .values()
          .forEach(
              held -> {
                // Closing would not do while a child that is about to start has a copy.
                kernel.call(Syscall.FLOCK, held, LOCK_UN);
                child.close(held);
              });
      directories.clear();
    }
    lock.unlock();
  }

  /**
   * Does something that nobody has heard of before it holds the directories that it needs. Nothing
   * waits for a directory with this lock in its hands: whoever holds that one, a command included,
   * would hold up all calls of the sandbox.
   *
   * @return false if somebody else holds a directory; then nothing has been done
   */
  boolean attempt(Runnable step) {
    again.set(true);
    try {
      step.run();
      return true;
    } catch (HeldException e) {
      return false;
    } finally {
      again.remove();
    }
  }

  /**
   * Keeps other supervisors from changing a directory's parts until this lock is given back. A file
   * system without such locks gives no order; that is no reason to refuse.
   *
   * @param directory a descriptor of the directory
   * @return false if it cannot be opened for that, or if somebody else holds the directory; within
   *     {@link #attempt} that ends the attempt instead
   */
  boolean holdsAlone(int directory) {
    if (!lock.isHeldByCurrentThread()) {
      throw new IllegalStateException("the tree is not locked");
    }
    try {
      Identity identity = paths.status(directory).identity();
      if (directories.containsKey(identity)) {
        return true;
      }
      int opened = open(directory);
      if (opened < 0) {
        return false;
      }
      if (!locked(opened)) {
        child.close(opened);
        if (again.get() != null) {
          throw new HeldException();
        }
        return false;
      }
      directories.put(identity, opened);
      return true;
    } catch (AccessException e) {
      return false;
    }
  }

  private int open(int directory) {
    try (NativeBlock block = new NativeBlock(64)) {
      int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
      return (int) kernel.call(Syscall.OPENAT, directory, block.string("."), flags, 0);
    }
  }

  private boolean locked(int opened) {
    return kernel.call(Syscall.FLOCK, opened, LOCK_EX | LOCK_NB) != -Errno.EAGAIN.value();
  }
}
