package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.LANDLOCK_CREATE_RULESET_VERSION;
import static org.ringfence.linux.bind.Constants.LANDLOCK_RULE_PATH_BENEATH;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.RESOLVE_NO_SYMLINKS;

import java.io.IOException;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.LandlockRuleset;
import org.ringfence.linux.plan.Syscall;

/** Makes Landlock rulesets in the kernel. */
final class Landlock {
  // S_IFMT and S_IFDIR of linux/stat.h
  private static final int TYPE_MASK = 0170000;
  private static final int DIRECTORY = 0040000;

  private final Kernel kernel;
  private final Descriptors descriptors;

  Landlock(Kernel kernel) {
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
  }

  /** The kernel's version; 0 when it has no Landlock or it is switched off. */
  LandlockAbi abi() {
    long version =
        kernel.call(Syscall.LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return new LandlockAbi((int) Math.max(0, version));
  }

  /** Makes a ruleset; -1 when it would handle nothing. The caller closes the descriptor. */
  int create(LandlockRuleset ruleset, LandlockAbi abi) throws IOException {
    if (ruleset.handledFiles() == 0 && ruleset.handledNetwork() == 0 && ruleset.scoped() == 0) {
      return -1;
    }
    try (NativeBlock block = new NativeBlock(512)) {
      long attributes = block.allocate(24);
      block.setLong(attributes, ruleset.handledFiles());
      block.setLong(attributes + 8, ruleset.handledNetwork());
      block.setLong(attributes + 16, ruleset.scoped());
      int size = abi.scopes() ? 24 : abi.handlesTcp() ? 16 : 8;
      int fd =
          (int)
              Descriptors.check(
                  "landlock_create_ruleset",
                  kernel.call(Syscall.LANDLOCK_CREATE_RULESET, attributes, size, 0));
      boolean done = false;
      try {
        for (LandlockRuleset.PathRule rule : ruleset.rules()) {
          add(fd, rule);
        }
        done = true;
        return fd;
      } finally {
        if (!done) {
          descriptors.close(fd);
        }
      }
    }
  }

  private void add(int ruleset, LandlockRuleset.PathRule rule) throws IOException {
    int path;
    try {
      path = open(rule.path());
    } catch (IOException e) {
      throw new IOException("rule '" + rule.origin() + "': " + e.getMessage(), e);
    }
    try (NativeBlock block = new NativeBlock(512)) {
      long access = isDirectory(path) ? rule.access() : rule.access() & LandlockAbi.FILE_RIGHTS;
      if (access == 0) {
        return;
      }
      // struct landlock_path_beneath_attr is packed: 12 bytes.
      long attributes = block.allocate(16);
      block.setLong(attributes, access);
      block.setInt(attributes + 8, path);
      Descriptors.check(
          "rule '" + rule.origin() + "': landlock_add_rule",
          kernel.call(
              Syscall.LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, attributes, 0));
    } finally {
      descriptors.close(path);
    }
  }

  /** The path is a real one: a link on it was put there since the policy was placed. */
  private int open(String path) throws IOException {
    try (NativeBlock block = new NativeBlock(3L * path.length() + 96)) {
      // struct open_how: flags, mode, resolve
      long how = block.allocate(24);
      block.setLong(how, (long) O_PATH | O_CLOEXEC);
      block.setLong(how + 16, RESOLVE_NO_SYMLINKS);
      long fd = kernel.call(Syscall.OPENAT2, AT_FDCWD, block.string(path), how, 24);
      // Inside another sandbox of ours, and before Linux 5.6, there is no openat2.
      return fd == -Errno.ENOSYS.value() ? walk(path) : (int) Descriptors.check(path, fd);
    }
  }

  /** The same component by component. A link is opened itself, and then nothing lies below it. */
  private int walk(String path) throws IOException {
    int noFollow = kernel.arch() == Arch.X86_64 ? 0x20000 : 0x8000; // asm/fcntl.h
    int at = open(AT_FDCWD, "/", 0);
    for (String name : path.split("/")) {
      if (!name.isEmpty()) {
        int above = at;
        try {
          at = open(above, name, noFollow);
        } finally {
          descriptors.close(above);
        }
      }
    }
    return at;
  }

  private int open(int directory, String name, int flag) throws IOException {
    try (NativeBlock block = new NativeBlock(3L * name.length() + 96)) {
      return (int)
          Descriptors.check(
              name,
              kernel.call(
                  Syscall.OPENAT, directory, block.string(name), O_PATH | O_CLOEXEC | flag, 0));
    }
  }

  private boolean isDirectory(int fd) throws IOException {
    try (NativeBlock block = new NativeBlock(512)) {
      long statx = block.allocate(256);
      Descriptors.check(
          "statx", kernel.call(Syscall.STATX, fd, block.allocate(1), AT_EMPTY_PATH, 1, statx, 0));
      return (block.getShort(statx + 28) & TYPE_MASK) == DIRECTORY;
    }
  }
}
