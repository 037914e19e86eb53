package org.ringfence.linux.git;

import static org.ringfence.linux.bind.Constants.O_ACCMODE;
import static org.ringfence.linux.bind.Constants.O_APPEND;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.HandedDescriptors.Identity;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Pointers that commands are writing. A command gets a descriptor of a file in memory, by a number
 * whose closing the filter reports; then the content is final for all that matters, and a copy of
 * it takes the pointer's place. Guarded by the tree's lock.
 */
public final class StagedPointers implements AutoCloseable {
  private static final int MOST = 16;
  // linux/memfd.h, linux/fcntl.h
  private static final int MFD_CLOEXEC = 1;
  private static final int MFD_ALLOW_SEALING = 2;
  private static final int F_ADD_SEALS = 1033;
  private static final int F_SEAL_SEAL = 1;
  private static final int F_SEAL_GROW = 4;
  private static final int F_SEAL_WRITE = 8;

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  private final SmallFiles files;
  private final Map<Identity, Pointer> staged = new LinkedHashMap<>();
  // An empty file that lies behind the numbers whose closing was refused; -1 before the first.
  private int refused = -1;

  StagedPointers(Kernel kernel, PathResolver paths, SmallFiles files) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.paths = paths;
    this.files = files;
  }

  /**
   * A pointer.
   *
   * @param memory this JVM's descriptor of the file in memory
   * @param entry its entry, whose directory this holds
   * @param mode its mode
   */
  record Pointer(int memory, Entry entry, int mode) {}

  /**
   * Answers the opening of a pointer that does not exist, or that is emptied.
   *
   * @param entry its entry; this takes the directory's descriptor over
   */
  public void open(SyscallNotification call, Entry entry, int flags, int mode)
      throws AccessException {
    int memory = -1;
    boolean kept = false;
    try {
      memory = memory(0);
      int number;
      int given = files.reopened(memory, flags & (O_ACCMODE | O_APPEND));
      try {
        call.live();
        number = give(call, given, flags);
      } finally {
        child.close(given);
      }
      makeRoom();
      staged.put(paths.status(memory).identity(), new Pointer(memory, entry, mode));
      kept = true;
      call.result(number);
    } finally {
      if (!kept) {
        child.close(memory);
        child.close(entry.directory());
      }
    }
  }

  private int memory(int flags) throws AccessException {
    try (NativeBlock block = new NativeBlock(32)) {
      long memory = kernel.call(Syscall.MEMFD_CREATE, block.string("git"), MFD_CLOEXEC | flags);
      if (memory < 0) {
        throw new AccessException(memory);
      }
      return (int) memory;
    }
  }

  /** Gives a command a descriptor by a free number whose closing the filter reports. */
  private int give(SyscallNotification call, int given, int flags) throws AccessException {
    for (int first : SeccompCompiler.FIRST_STAGED) {
      for (int number = first; number < first + SeccompCompiler.STAGED; number++) {
        // The numbers of the first groups may lie beyond the command's limit.
        if (isFree(call.tid(), number) && call.places(given, number, flags & O_CLOEXEC)) {
          return number;
        }
      }
    }
    throw new AccessException(-Errno.EMFILE.value());
  }

  private boolean isFree(int tid, int number) throws AccessException {
    int copy = -1;
    try {
      copy = child.descriptor(tid, number);
      return isRefused(copy);
    } catch (AccessException e) {
      if (e.result() == -Errno.EBADF.value()) {
        return true;
      }
      throw e;
    } finally {
      child.close(copy);
    }
  }

  private boolean isRefused(int fd) throws AccessException {
    return refused >= 0 && paths.status(fd).identity().equals(paths.status(refused).identity());
  }

  /**
   * Puts an empty file behind a number whose closing is refused. The kernel cannot both fail a call
   * and close the number, so the number stays, and the next pointer takes it.
   */
  void refuse(SyscallNotification call) throws AccessException {
    if (refused < 0) {
      refused = memory(MFD_ALLOW_SEALING);
      kernel.call(Syscall.FCNTL, refused, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_WRITE);
    }
    call.replaces(refused, call.intArgument(0));
  }

  private void makeRoom() {
    Iterator<Pointer> oldest = staged.values().iterator();
    while (staged.size() >= MOST) {
      close(oldest.next());
      oldest.remove();
    }
  }

  /** Takes the pointer that is written through a descriptor that a command closes. */
  Optional<Pointer> take(SyscallNotification call) {
    int copy = -1;
    try {
      copy = child.descriptor(call.tid(), call.intArgument(0));
      return Optional.ofNullable(staged.remove(paths.status(copy).identity()));
    } catch (AccessException e) {
      return Optional.empty();
    } finally {
      child.close(copy);
    }
  }

  void close(Pointer pointer) {
    child.close(pointer.memory());
    child.close(pointer.entry().directory());
  }

  @Override
  public void close() {
    staged.values().forEach(this::close);
    staged.clear();
    child.close(refused);
  }
}
