package org.ringfence.linux.path;

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
import org.ringfence.linux.path.HandedDescriptors.Identity;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * The lock for a decision that looks at the entries around a name, and for the action that follows.
 * One lock orders the threads of a sandbox's supervisor. Where it matters, a lock on the directory
 * itself (flock(2)), which ends with this one, orders supervisors of other sandboxes.
 */
public final class TreeLock {
  private final ReentrantLock lock = new ReentrantLock();
  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  // Guarded by the lock.
  private final Map<Identity, Integer> directories = new HashMap<>();
  private final ThreadLocal<Boolean> again = new ThreadLocal<>();

  /**
   * Thrown when another supervisor holds a directory: the attempt starts again from its beginning.
   */
  private static final class HeldException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private HeldException() {
      super("a directory is held", null, false, false);
    }
  }

  TreeLock(Kernel kernel, PathResolver paths) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.paths = paths;
  }

  public void lock() {
    lock.lock();
  }

  public void unlock() {
    if (lock.getHoldCount() == 1) {
      directories
          .values()
          .forEach(
              held -> {
                // Closing is not enough while a child that is about to start has a copy.
                kernel.call(Syscall.FLOCK, held, LOCK_UN);
                child.close(held);
              });
      directories.clear();
    }
    lock.unlock();
  }

  /**
   * Runs a step that has no visible effect before it holds the directories that it needs, and then
   * closes the places that it has opened. No thread waits for a directory while it holds this lock:
   * the directory's holder, perhaps a command, would block all calls of the sandbox.
   *
   * @return false if another supervisor holds a directory; then nothing has been done
   */
  public boolean attempt(Runnable step) {
    again.set(true);
    try {
      paths.places().during(step);
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
   * @return false if it cannot be opened for that, or if another process holds the directory;
   *     within {@link #attempt} that ends the attempt instead
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
