package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.AT_SYMLINK_NOFOLLOW;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.S_IFDIR;
import static org.ringfence.linux.bind.Constants.S_IFMT;
import static org.ringfence.linux.bind.Constants.S_IFREG;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.ReadableParts;
import org.ringfence.linux.plan.Syscall;

/**
 * The parts of this machine's directories that hold no devices. Of {@code /dev} these are regular
 * files and the memory file systems that are mounted there; every other entry is a device, today or
 * later. Device file systems that are mounted elsewhere, as in directories that became a root, are
 * left out, too: each directory on the way there is divided.
 */
final class ReadableTree implements ReadableParts {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  // Even if not mounted, these hold no devices.
  private static final Set<String> MEMORY = Set.of("/dev/shm", "/dev/mqueue");
  private static final Set<String> DEVICE_SYSTEMS = Set.of("devpts", "devtmpfs");
  private static final int LISTING = 32 << 10;
  private static final int ESCAPE = 4;

  private final Kernel kernel;
  private final Set<String> leftOut = new HashSet<>(Set.of(DEVICES));
  private final Set<String> mountedInDevices = new HashSet<>();

  private ReadableTree(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Reads the mounts of this machine.
   *
   * @param kernel the system calls
   * @return the parts
   * @throws IOException if it cannot be read
   */
  static ReadableTree ofHost(Kernel kernel) throws IOException {
    return of(kernel, Files.readString(MOUNTS, StandardCharsets.ISO_8859_1));
  }

  /** Returns the parts for the given mounts, in the format of proc_pid_mountinfo(5). */
  static ReadableTree of(Kernel kernel, String mountinfo) {
    ReadableTree tree = new ReadableTree(kernel);
    for (String line : mountinfo.split("\n")) {
      List<String> fields = Arrays.asList(line.split(" "));
      int separator = fields.indexOf("-");
      if (separator < 6 || separator + 1 >= fields.size()) {
        continue;
      }
      String point = unescaped(fields.get(4));
      boolean devices = DEVICE_SYSTEMS.contains(fields.get(separator + 1));
      if (point.startsWith(DEVICES + "/")) {
        if (!devices) {
          tree.mountedInDevices.add(point);
        }
      } else if (devices) {
        tree.leftOut.add(point);
      }
    }
    return tree;
  }

  /** Decodes a path in which blanks and the like are three octal digits. */
  private static String unescaped(String field) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int at = 0; at < field.length(); at++) {
      if (field.charAt(at) == '\\' && at + ESCAPE <= field.length()) {
        bytes.write(Integer.parseInt(field.substring(at + 1, at + ESCAPE), 8));
        at += ESCAPE - 1;
      } else {
        bytes.write(field.charAt(at));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public boolean leadsToDevices(String path) {
    return path.equals(DEVICES) || above(path);
  }

  private boolean above(String path) {
    String prefix = path.equals("/") ? "/" : path + "/";
    return leftOut.stream().anyMatch(each -> each.startsWith(prefix));
  }

  @Override
  public List<String> of(String path) {
    List<String> parts = new ArrayList<>();
    add(path, parts);
    return parts;
  }

  private void add(String directory, List<String> parts) {
    String prefix = directory.equals("/") ? "/" : directory + "/";
    boolean devices = directory.equals(DEVICES);
    for (String name : names(directory)) {
      String path = prefix + name;
      if (path.equals(DEVICES) && !directory.equals(path) || above(path)) {
        add(path, parts);
      } else if (!leftOut.contains(path) && (!devices || holdsNoDevices(path))) {
        parts.add(path);
      }
    }
  }

  private boolean holdsNoDevices(String path) {
    int type = type(path);
    return type == S_IFREG
        || type == S_IFDIR && (MEMORY.contains(path) || mountedInDevices.contains(path));
  }

  private int type(String path) {
    try (NativeBlock block = new NativeBlock(3L * path.length() + 512)) {
      long statx = block.allocate(256);
      long name = block.string(path);
      // linux/stat.h: STATX_TYPE is 1.
      long result = kernel.call(Syscall.STATX, AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, 1, statx, 0);
      return result < 0 ? 0 : block.getShort(statx + 28) & S_IFMT;
    }
  }

  /**
   * Returns the names in a directory; none if it cannot be listed. Omits names that are not UTF-8.
   */
  private List<String> names(String directory) {
    List<String> names = new ArrayList<>();
    try (NativeBlock block = new NativeBlock(LISTING + 3L * directory.length() + 96)) {
      long fd =
          kernel.call(Syscall.OPENAT, AT_FDCWD, block.string(directory), O_CLOEXEC | O_NONBLOCK, 0);
      if (fd < 0) {
        return names;
      }
      try {
        long buffer = block.allocate(LISTING);
        for (long length = kernel.call(Syscall.GETDENTS64, fd, buffer, LISTING);
            length > 0;
            length = kernel.call(Syscall.GETDENTS64, fd, buffer, LISTING)) {
          addNames(block.getBytes(buffer, (int) length), names);
        }
      } finally {
        kernel.call(Syscall.CLOSE, fd);
      }
    }
    return names;
  }

  /** Adds the names of struct linux_dirent64: reclen at 16, name at 19. */
  private static void addNames(byte[] entries, List<String> names) {
    for (int at = 0;
        at < entries.length;
        at += (entries[at + 16] & 0xff) | (entries[at + 17] & 0xff) << 8) {
      int end = at + 19;
      while (entries[end] != 0) {
        end++;
      }
      String name = new String(entries, at + 19, end - at - 19, StandardCharsets.UTF_8);
      if (!name.equals(".") && !name.equals("..")) {
        names.add(name);
      }
    }
  }
}
