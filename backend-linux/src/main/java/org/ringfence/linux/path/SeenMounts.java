package org.ringfence.linux.path;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Distinguishes objects in the file system that a sandboxed thread sees from objects that only a
 * descriptor reaches. A path cannot: the sandbox and the host may both have a {@code /tmp}. A mount
 * belongs to one namespace, and every open object lies on one mount.
 *
 * <p>Safe for use by several threads.
 */
final class SeenMounts {
  // linux/stat.h: STATX_MNT_ID (5.8), STATX_MNT_ID_UNIQUE (6.8); stx_mnt_id lies at 144.
  private static final int STATX_MNT_ID = 0x1000;
  private static final int STATX_MNT_ID_UNIQUE = 0x4000;
  private static final int MASK_OFFSET = 0;
  private static final int MOUNT_OFFSET = 144;
  private static final int STATX_BYTES = 256;
  private static final int CHUNK = 16384;
  private static final int MOST_KNOWN = 4096;

  private final Kernel kernel;
  // Numbers that the kernel never gives to another mount, so that they stay valid.
  private final Set<Long> known = ConcurrentHashMap.newKeySet();

  SeenMounts(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Returns whether a descriptor's object lies on a mount of a thread's namespace.
   *
   * @param tid the thread
   * @param fd the descriptor
   * @return false also for objects in no namespace: pipes, sockets, memory files, and detached
   *     mounts
   * @throws AccessException if the thread is gone
   */
  boolean include(int tid, int fd) throws AccessException {
    long unique = mount(fd, STATX_MNT_ID_UNIQUE);
    if (unique != 0 && known.contains(unique)) {
      return true;
    }
    // The kernel does not reuse the number while the descriptor keeps the mount.
    long number = mount(fd, STATX_MNT_ID);
    boolean seen = number != 0 && lists(tid, number);
    if (seen && unique != 0) {
      if (known.size() >= MOST_KNOWN) {
        known.clear();
      }
      known.add(unique);
    }
    return seen;
  }

  /** Returns the number of a descriptor's mount; 0 if the kernel does not report it. */
  private long mount(int fd, int kind) throws AccessException {
    try (NativeBlock block = new NativeBlock(STATX_BYTES + 64L)) {
      long statx = block.allocate(STATX_BYTES);
      long result =
          kernel.call(Syscall.STATX, fd, block.allocate(1), AT_EMPTY_PATH, kind, statx, 0);
      if (result < 0) {
        throw new AccessException(result);
      }
      return (block.getInt(statx + MASK_OFFSET) & kind) == 0
          ? 0
          : block.getLong(statx + MOUNT_OFFSET);
    }
  }

  private boolean lists(int tid, long number) throws AccessException {
    String prefix = number + " ";
    String mounts = "\n" + mountinfo(tid);
    return mounts.contains("\n" + prefix);
  }

  /** Reads the mounts by system calls: the library takes several times as long. */
  private String mountinfo(int tid) throws AccessException {
    try (NativeBlock block = new NativeBlock(CHUNK + 96L)) {
      long path = block.string("/proc/" + tid + "/mountinfo");
      long fd = kernel.call(Syscall.OPENAT, AT_FDCWD, path, O_CLOEXEC, 0);
      if (fd < 0) {
        throw new AccessException(-Errno.ESRCH.value());
      }
      try {
        ByteArrayOutputStream all = new ByteArrayOutputStream(CHUNK);
        long buffer = block.allocate(CHUNK);
        long length = kernel.call(Syscall.READ, fd, buffer, CHUNK);
        while (length > 0) {
          all.writeBytes(block.getBytes(buffer, (int) length));
          length = kernel.call(Syscall.READ, fd, buffer, CHUNK);
        }
        if (length < 0) {
          // A part of the mounts says nothing about the others.
          throw new AccessException(length);
        }
        return all.toString(StandardCharsets.ISO_8859_1);
      } finally {
        kernel.call(Syscall.CLOSE, fd);
      }
    }
  }
}
