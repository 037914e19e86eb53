package org.ringfence.linux.git;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.AT_REMOVEDIR;
import static org.ringfence.linux.bind.Constants.AT_SYMLINK_FOLLOW;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_CREAT;
import static org.ringfence.linux.bind.Constants.O_EXCL;
import static org.ringfence.linux.bind.Constants.O_RDWR;
import static org.ringfence.linux.bind.Constants.S_IFDIR;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * A new file that no command can open for writing, on its way to an entry. It has no name, or one
 * below a directory with a protected name: where the entry is taken, and on a file system without
 * files that have none. Closing it removes what has not reached the entry.
 */
final class NewFile implements AutoCloseable {
  // A protected name; a project's policy lies in a directory of this name, too.
  private static final byte[] STAGE = ".ringfence".getBytes(StandardCharsets.US_ASCII);
  private static final int TMPFILE_BIT = 0x400000;
  private static final int MOST_TRIES = 16;

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  private final Entry entry;
  private final int directoryFlag;
  private final String name = UUID.randomUUID().toString();
  private int descriptor = -1;
  private int stage = -1;
  private boolean made;
  private boolean named;

  /** Makes a file with no rights for others; the entry says where it is to be. */
  NewFile(Kernel kernel, PathResolver paths, Entry entry) throws AccessException {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.paths = paths;
    this.entry = entry;
    // asm/fcntl.h
    this.directoryFlag = kernel.arch() == Arch.X86_64 ? 0x10000 : 0x4000;
    boolean whole = false;
    try {
      open();
      whole = true;
    } finally {
      if (!whole) {
        close();
      }
    }
  }

  private void open() throws AccessException {
    long opened = opened(entry.directory(), ".", TMPFILE_BIT | directoryFlag | O_RDWR);
    if (opened == -Errno.EOPNOTSUPP.value() || opened == -Errno.EISDIR.value()) {
      opened = staged(() -> opened(stage, name, O_CREAT | O_EXCL | O_RDWR));
    }
    descriptor = (int) checked(opened);
  }

  private long opened(int directory, String at, int flags) {
    try (NativeBlock block = new NativeBlock(96)) {
      return kernel.call(Syscall.OPENAT, directory, block.string(at), flags | O_CLOEXEC, 0600);
    }
  }

  int descriptor() {
    return descriptor;
  }

  /** Gives the file the entry's name, perhaps in place of another file. */
  void place() throws AccessException {
    try (NativeBlock block = new NativeBlock(entry.name().length + 256L)) {
      long own = block.string(PathResolver.own(descriptor));
      long between = block.string(name);
      long at = block.allocate(entry.name().length + 1L);
      block.setBytes(at, entry.name());
      if (!named) {
        long linked = link(own, entry.directory(), at);
        if (linked != -Errno.EEXIST.value()) {
          checked(linked);
          return;
        }
        checked(staged(() -> link(own, stage, between)));
      }
      checked(kernel.call(Syscall.RENAMEAT2, stage, between, entry.directory(), at, 0, 0));
      named = false;
    }
  }

  private long link(long own, int directory, long at) {
    return kernel.call(Syscall.LINKAT, AT_FDCWD, own, directory, at, AT_SYMLINK_FOLLOW, 0);
  }

  /** A call that gives the file its name on the stage. */
  private interface Naming {
    long call();
  }

  /**
   * Makes the stage and names the file there; another supervisor may remove the stage meanwhile.
   */
  private long staged(Naming naming) throws AccessException {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      if (!openStage()) {
        continue;
      }
      long result = naming.call();
      if (result != -Errno.ENOENT.value()) {
        named = result >= 0;
        return result;
      }
    }
    return -Errno.EBUSY.value();
  }

  private boolean openStage() throws AccessException {
    child.close(stage);
    stage = -1;
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.string(new String(STAGE, StandardCharsets.US_ASCII));
      long result = kernel.call(Syscall.MKDIRAT, entry.directory(), at, 0700);
      made = made || result >= 0;
      if (result != -Errno.EEXIST.value()) {
        checked(result);
      }
    }
    try {
      stage = paths.openBelowPlain(entry.directory(), STAGE);
    } catch (AccessException e) {
      if (e.result() == -Errno.ENOENT.value()) {
        return false;
      }
      throw e;
    }
    if (!paths.status(stage).is(S_IFDIR)) {
      // In a working tree, the user's file.
      throw new AccessException(-Errno.EBUSY.value());
    }
    return true;
  }

  private static long checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
    return result;
  }

  @Override
  public void close() {
    child.close(descriptor);
    try (NativeBlock block = new NativeBlock(96)) {
      if (named) {
        kernel.call(Syscall.UNLINKAT, stage, block.string(name), 0);
      }
      child.close(stage);
      if (made) {
        long at = block.string(new String(STAGE, StandardCharsets.US_ASCII));
        kernel.call(Syscall.UNLINKAT, entry.directory(), at, AT_REMOVEDIR);
      }
    }
  }
}
