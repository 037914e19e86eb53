package org.ringfence.linux.path;

import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.O_ACCMODE;
import static org.ringfence.linux.bind.Constants.O_APPEND;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.O_RDONLY;
import static org.ringfence.linux.bind.Constants.O_RDWR;
import static org.ringfence.linux.bind.Constants.O_TRUNC;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * The objects that commands have only because they received a descriptor: their standard streams.
 * Such a descriptor gives the access that it was opened for. It gives no name, and no more access
 * when opened again.
 *
 * <p>Safe for use by several threads.
 */
public final class HandedDescriptors {
  private static final int MOST_REMEMBERED = 4096;

  private final Kernel kernel;
  private final Set<Identity> objects = ConcurrentHashMap.newKeySet();

  public HandedDescriptors(Kernel kernel) {
    this.kernel = kernel;
  }

  /** Identifies an object without a path. */
  public record Identity(long device, long inode) {}

  /** Remembers the object that a command gets; ignores a closed descriptor. */
  public void add(PathResolver paths, int fd) {
    if (objects.size() >= MOST_REMEMBERED) {
      objects.clear();
    }
    try {
      objects.add(paths.status(fd).identity());
    } catch (AccessException e) {
      // Not open: the command gets nothing.
      return;
    }
  }

  /** Returns whether a command of this sandbox received an object. */
  public boolean contains(Identity identity) {
    return objects.contains(identity);
  }

  /**
   * Returns whether a descriptor already gives the access that opening its object again would give.
   *
   * @param fd a copy of the descriptor
   * @param flags the flags of {@code open(2)} asked for
   */
  public boolean gives(int fd, int flags) throws AccessException {
    long has = kernel.call(Syscall.FCNTL, fd, F_GETFL);
    if (has < 0) {
      throw new AccessException(has);
    }
    if ((has & O_PATH) != 0) {
      return false;
    }
    if ((flags & O_PATH) != 0) {
      return true;
    }
    int asked = flags & O_ACCMODE;
    boolean writes = asked != O_RDONLY || (flags & O_TRUNC) != 0;
    boolean within = (has & O_ACCMODE) == O_RDWR || (has & O_ACCMODE) == asked;
    boolean appends = (has & O_APPEND) != 0;
    boolean keepsAppending = (flags & O_APPEND) != 0 && (flags & O_TRUNC) == 0;
    boolean mayWrite = (has & O_ACCMODE) != O_RDONLY;
    return within && (!writes || mayWrite && (!appends || keepsAppending));
  }
}
