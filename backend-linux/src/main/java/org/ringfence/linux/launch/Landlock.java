package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.LANDLOCK_CREATE_RULESET_VERSION;
import static org.ringfence.linux.bind.Constants.LANDLOCK_RULE_PATH_BENEATH;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.RESOLVE_NO_SYMLINKS;
import static org.ringfence.linux.bind.Constants.S_IFBLK;
import static org.ringfence.linux.bind.Constants.S_IFCHR;
import static org.ringfence.linux.bind.Constants.S_IFDIR;
import static org.ringfence.linux.bind.Constants.S_IFLNK;
import static org.ringfence.linux.bind.Constants.S_IFMT;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.LandlockRuleset;
import org.ringfence.linux.plan.Syscall;

/** Makes Landlock rulesets in the kernel. */
public final class Landlock {
  // linux/stat.h, linux/fcntl.h
  private static final int STATX_TYPE = 1;
  private static final int STATX_INO = 0x100;
  private static final int AT_STATX_DONT_SYNC = 0x4000;

  private final Kernel kernel;
  private final Descriptors descriptors;

  public Landlock(Kernel kernel) {
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
  }

  /** Returns the kernel's version; 0 when it has no Landlock or it is switched off. */
  public LandlockAbi abi() {
    long version =
        kernel.call(Syscall.LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return new LandlockAbi((int) Math.max(0, version));
  }

  /**
   * The object of a rule.
   *
   * @param rule the rule
   * @param device the device and
   * @param inode the inode of the object that lay at its path
   */
  record Granted(LandlockRuleset.PathRule rule, long device, long inode) {}

  /** Makes a ruleset; -1 when it would handle nothing. The caller closes the descriptor. */
  int create(LandlockRuleset ruleset, LandlockAbi abi) throws IOException {
    return create(ruleset, abi, granted -> {});
  }

  /**
   * Makes a ruleset.
   *
   * @param granted receives the object of each rule
   * @return the descriptor, which the caller closes; -1 when it would handle nothing
   */
  int create(LandlockRuleset ruleset, LandlockAbi abi, Consumer<Granted> granted)
      throws IOException {
    if (ruleset.handlesNothing()) {
      return -1;
    }
    int fd = empty(ruleset, abi);
    boolean done = false;
    try {
      for (LandlockRuleset.PathRule rule : ruleset.rules()) {
        add(fd, rule).ifPresent(granted);
      }
      done = true;
      return fd;
    } finally {
      if (!done) {
        descriptors.close(fd);
      }
    }
  }

  /**
   * Makes a ruleset again, with terminals that commands may read and control. A path at which
   * another object lies by now gives no access.
   *
   * @param granted the objects of the rules the first time; that ruleset still exists, so that no
   *     inode number has been reused
   * @param terminals descriptors of the terminals
   * @return the descriptor, which the caller closes
   */
  int recreate(
      LandlockRuleset ruleset, LandlockAbi abi, List<Granted> granted, List<Integer> terminals)
      throws IOException {
    int fd = empty(ruleset, abi);
    boolean done = false;
    try {
      for (Granted before : granted) {
        addAgain(fd, before);
      }
      long access = (LandlockAbi.READ_FILE | LandlockAbi.IOCTL_DEV) & ruleset.handledFiles();
      for (int terminal : terminals) {
        give(fd, terminal, access, "a terminal that was handed in");
      }
      done = true;
      return fd;
    } finally {
      if (!done) {
        descriptors.close(fd);
      }
    }
  }

  private int empty(LandlockRuleset ruleset, LandlockAbi abi) throws IOException {
    try (NativeBlock block = new NativeBlock(64)) {
      long attributes = block.allocate(24);
      block.setLong(attributes, ruleset.handledFiles());
      block.setLong(attributes + 8, ruleset.handledNetwork());
      block.setLong(attributes + 16, ruleset.scoped());
      int size = abi.scopes() ? 24 : abi.handlesTcp() ? 16 : 8;
      return (int)
          Descriptors.check(
              "landlock_create_ruleset",
              kernel.call(Syscall.LANDLOCK_CREATE_RULESET, attributes, size, 0));
    }
  }

  private Optional<Granted> add(int ruleset, LandlockRuleset.PathRule rule) throws IOException {
    int path;
    try {
      path = open(rule.path());
    } catch (IOException e) {
      if (rule.part()) {
        return Optional.empty();
      }
      throw new IOException("rule '" + rule.origin() + "': " + e.getMessage(), e);
    }
    try {
      Looked looked = look(path);
      if (rule.part() && (looked == null || looked.isDevice())) {
        return Optional.empty();
      }
      if (looked == null) {
        throw new IOException("rule '" + rule.origin() + "': statx failed");
      }
      give(ruleset, path, looked.reduced(rule.access()), rule.origin());
      return Optional.of(new Granted(rule, looked.device(), looked.inode()));
    } finally {
      descriptors.close(path);
    }
  }

  private void addAgain(int ruleset, Granted before) throws IOException {
    int path;
    try {
      path = open(before.rule().path());
    } catch (IOException e) {
      return;
    }
    try {
      Looked looked = look(path);
      if (looked != null
          && looked.device() == before.device()
          && looked.inode() == before.inode()) {
        give(ruleset, path, looked.reduced(before.rule().access()), before.rule().origin());
      }
    } finally {
      descriptors.close(path);
    }
  }

  private void give(int ruleset, int path, long access, String origin) throws IOException {
    if (access == 0) {
      return;
    }
    try (NativeBlock block = new NativeBlock(64)) {
      // struct landlock_path_beneath_attr is packed: 12 bytes.
      long attributes = block.allocate(16);
      block.setLong(attributes, access);
      block.setInt(attributes + 8, path);
      Descriptors.check(
          "rule '" + origin + "': landlock_add_rule",
          kernel.call(
              Syscall.LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, attributes, 0));
    }
  }

  /** The object at a path. */
  private record Looked(int type, long device, long inode) {
    long reduced(long access) {
      return type == S_IFDIR ? access : access & LandlockAbi.FILE_RIGHTS;
    }

    boolean isDevice() {
      return type == S_IFCHR || type == S_IFBLK || type == S_IFLNK;
    }
  }

  /** Opens a real path: any link on it appeared after the policy was placed. */
  private int open(String path) throws IOException {
    try (NativeBlock block = new NativeBlock(3L * path.length() + 96)) {
      // struct open_how: flags, mode, resolve
      long how = block.allocate(24);
      block.setLong(how, (long) O_PATH | O_CLOEXEC);
      block.setLong(how + 16, RESOLVE_NO_SYMLINKS);
      long fd = kernel.call(Syscall.OPENAT2, AT_FDCWD, block.string(path), how, 24);
      // Inside another Ringfence sandbox, and before Linux 5.6, there is no openat2.
      return fd == -Errno.ENOSYS.value() ? walk(path) : (int) Descriptors.check(path, fd);
    }
  }

  /** Opens a path component by component. A link is opened itself, and nothing lies below it. */
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

  /** Returns null where stat fails. Does not wait for a file system that does not answer. */
  private Looked look(int fd) {
    try (NativeBlock block = new NativeBlock(512)) {
      long statx = block.allocate(256);
      long result =
          kernel.call(
              Syscall.STATX,
              fd,
              block.allocate(1),
              AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
              STATX_TYPE | STATX_INO,
              statx,
              0);
      return result < 0
          ? null
          : new Looked(
              block.getShort(statx + 28) & S_IFMT,
              (long) block.getInt(statx + 136) << 32 | block.getInt(statx + 140) & 0xffffffffL,
              block.getLong(statx + 32));
    }
  }
}
