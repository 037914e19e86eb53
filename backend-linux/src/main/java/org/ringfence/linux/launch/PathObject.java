package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.RESOLVE_NO_MAGICLINKS;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * Resolves what a sandboxed thread names to a descriptor of ours, once. All that follows is done on
 * the descriptor, so it does not matter what becomes of the name.
 */
final class PathObject {
  private static final Pattern PROC_SELF = Pattern.compile("/proc/(?:self|thread-self)(?=/|$)");
  private static final Pattern PROC_ROOT = Pattern.compile("/proc/[0-9]+/root(?:/+|$)");
  private static final Charset LATIN = StandardCharsets.ISO_8859_1;
  private static final Pattern DESCRIPTOR =
      Pattern.compile("(?:/proc/[0-9]+(?:/task/[0-9]+)?/fd|/dev/fd)/([0-9]{1,9})");
  private static final String DELETED = " (deleted)";

  private final Kernel kernel;
  private final Child child;
  private final int directoryFlag;
  private final int noFollowFlag;

  PathObject(Kernel kernel) {
    this.kernel = kernel;
    this.child = new Child(kernel);
    // asm/fcntl.h: these two differ between the architectures.
    boolean x86 = kernel.arch() == Arch.X86_64;
    this.directoryFlag = x86 ? 0x10000 : 0x4000;
    this.noFollowFlag = x86 ? 0x20000 : 0x8000;
  }

  /**
   * Opens what a thread names, with O_PATH.
   *
   * @param tid the thread
   * @param directory its directory descriptor, or AT_FDCWD
   * @param name the name, as bytes
   * @param follow whether a link at the end is followed
   * @return a descriptor; the caller closes it
   */
  int open(int tid, int directory, byte[] name, boolean follow) throws AccessException {
    if (name.length == 0) {
      throw new AccessException(-Errno.ENOENT.value());
    }
    byte[] path = name;
    if (name[0] == '/') {
      String text = new String(name, LATIN);
      Matcher self = PROC_SELF.matcher(text);
      if (self.lookingAt()) {
        text = "/proc/" + tid + text.substring(self.end());
        path = text.getBytes(LATIN);
      }
      Matcher root = PROC_ROOT.matcher(text);
      if (root.lookingAt()) {
        // A sandbox cannot change its root, so every process in it has ours. JDK 25 attaches so.
        return open(tid, directory, ("/" + text.substring(root.end())).getBytes(LATIN), follow);
      }
      String own = "/proc/" + tid + "/cwd/";
      if (text.startsWith(own)) {
        String rest = text.substring(own.length());
        return open(tid, AT_FDCWD, ("./" + rest).getBytes(LATIN), follow);
      }
      Matcher descriptor = DESCRIPTOR.matcher(text);
      boolean ours = text.startsWith("/dev/fd/") || text.startsWith("/proc/" + tid + "/");
      if (follow && ours && descriptor.matches()) {
        return child.descriptor(tid, Integer.parseInt(descriptor.group(1)));
      }
      return openAt(AT_FDCWD, path, follow);
    }
    int base = directory == AT_FDCWD ? workingDirectory(tid) : child.descriptor(tid, directory);
    try {
      return openAt(base, path, follow);
    } finally {
      child.close(base);
    }
  }

  /** The thread's working directory. */
  int workingDirectory(int tid) throws AccessException {
    try (NativeBlock block = new NativeBlock(96)) {
      long path = block.string("/proc/" + tid + "/cwd");
      return checked(
          kernel.call(Syscall.OPENAT, AT_FDCWD, path, O_PATH | O_CLOEXEC | directoryFlag, 0));
    }
  }

  private int openAt(int base, byte[] path, boolean follow) throws AccessException {
    try (NativeBlock block = new NativeBlock(path.length + 96L)) {
      long name = block.allocate(path.length + 1L);
      block.setBytes(name, path);
      // struct open_how: flags, mode, resolve. Links like /proc/1/fd/3 lead into other processes.
      long how = block.allocate(24);
      block.setLong(how, (long) O_PATH | O_CLOEXEC | (follow ? 0 : noFollowFlag));
      block.setLong(how + 16, RESOLVE_NO_MAGICLINKS);
      long fd = kernel.call(Syscall.OPENAT2, base, name, how, 24);
      return checked(fd == -Errno.ELOOP.value() ? -Errno.EACCES.value() : fd);
    }
  }

  private static int checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
    return (int) result;
  }

  /**
   * The path of what a descriptor refers to; a file that has been deleted is named as it was. Empty
   * for what is in no file system that has paths: pipes, sockets, memory files.
   */
  String pathOf(int fd) throws AccessException {
    String link = link(fd);
    if (!link.startsWith("/") || link.startsWith("/memfd:")) {
      return "";
    }
    return link.endsWith(DELETED) ? link.substring(0, link.length() - DELETED.length()) : link;
  }

  /** What {@code /proc/self/fd} says of a descriptor of ours, as UTF-8. */
  String link(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(8192)) {
      long name = block.string(own(fd));
      long buffer = block.allocate(4096);
      int length = checked(kernel.call(Syscall.READLINKAT, AT_FDCWD, name, buffer, 4096));
      return new String(block.getBytes(buffer, length), StandardCharsets.UTF_8);
    }
  }

  /** A name of ours for a descriptor of ours, which the kernel follows to the object itself. */
  static String own(int fd) {
    return "/proc/self/fd/" + fd;
  }
}
