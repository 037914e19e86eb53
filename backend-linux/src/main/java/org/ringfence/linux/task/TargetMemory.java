package org.ringfence.linux.task;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.policy.Reason;

/**
 * Accesses memory and descriptors of a sandboxed thread from outside. The data belongs to the
 * thread only if {@link SyscallNotification#alive()} holds afterwards.
 */
public final class TargetMemory {
  private static final int PAGE = 4096;
  private static final int PATH_MAX = 4096;
  private static final int LONGEST_ARGUMENT = 4096;

  private final Kernel kernel;

  public TargetMemory(Kernel kernel) {
    this.kernel = kernel;
  }

  /** A failed access to the child, with the error that its call should return. */
  public static class AccessException extends Exception {
    private static final long serialVersionUID = 1L;
    private final long result;

    public AccessException(long result) {
      super(Errno.name((int) -result), null, false, false);
      this.result = result;
    }

    /** Returns the negated error number. */
    public long result() {
      return result;
    }
  }

  /**
   * The supervisor refuses a call before it comes to the policy's decision, so that no event
   * describes the refusal yet.
   */
  public static final class RefusedException extends AccessException {
    private static final long serialVersionUID = 1L;
    private final transient Reason reason;
    private final String target;

    public RefusedException(Reason reason, String target) {
      super(-Errno.EACCES.value());
      this.reason = reason;
      this.target = target;
    }

    public Reason reason() {
      return reason;
    }

    /** Returns what the call would have acted on. */
    public String target() {
      return target;
    }
  }

  /** Returns a call's result, below zero as the error that the child's call should return. */
  public static int checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
    return (int) result;
  }

  /** Reads exactly {@code length} bytes. */
  public byte[] read(int tid, long address, int length) throws AccessException {
    byte[] bytes = readUpTo(tid, address, length);
    if (bytes.length < length) {
      throw new AccessException(-Errno.EFAULT.value());
    }
    return bytes;
  }

  /**
   * Reads two NUL-terminated strings, by one call where each ends on its first page.
   *
   * @return the two
   */
  public byte[][] strings(int tid, long one, long other) throws AccessException {
    int first = toPageEnd(one);
    int second = toPageEnd(other);
    try (NativeBlock block = new NativeBlock(first + second + 160L)) {
      long buffer = block.allocate(first + second);
      long local = block.allocate(16);
      block.setLong(local, buffer);
      block.setLong(local + 8, first + second);
      long remote = block.allocate(32);
      block.setLong(remote, one);
      block.setLong(remote + 8, first);
      block.setLong(remote + 16, other);
      block.setLong(remote + 24, second);
      long count =
          one == 0 || other == 0
              ? 0
              : kernel.call(Syscall.PROCESS_VM_READV, tid, local, 1, remote, 2, 0);
      if (count == first + second) {
        byte[] both = block.getBytes(buffer, first + second);
        int oneEnd = indexOfZero(both, 0);
        int otherEnd = indexOfZero(both, first);
        if (oneEnd >= 0 && oneEnd < first && otherEnd >= 0) {
          return new byte[][] {
            Arrays.copyOf(both, oneEnd), Arrays.copyOfRange(both, first, otherEnd)
          };
        }
      }
    }
    return new byte[][] {string(tid, one), string(tid, other)};
  }

  private static int toPageEnd(long address) {
    return (int) (PAGE - (address & (PAGE - 1)));
  }

  private byte[] readUpTo(int tid, long address, int length) throws AccessException {
    if (length == 0) {
      return new byte[0];
    }
    try (NativeBlock block = new NativeBlock(length + 128L)) {
      long buffer = block.allocate(length);
      long local = block.allocate(16);
      block.setLong(local, buffer);
      block.setLong(local + 8, length);
      // Two parts, split at a page's end: the kernel may stop between parts, not inside one.
      long remote = block.allocate(32);
      int first = Math.min(length, toPageEnd(address));
      block.setLong(remote, address);
      block.setLong(remote + 8, first);
      block.setLong(remote + 16, address + first);
      block.setLong(remote + 24, length - first);
      long count =
          kernel.call(Syscall.PROCESS_VM_READV, tid, local, 1, remote, length > first ? 2 : 1, 0);
      if (count < 0) {
        throw new AccessException(count);
      }
      return block.getBytes(buffer, (int) count);
    }
  }

  public void write(int tid, long address, byte[] bytes) throws AccessException {
    try (NativeBlock block = new NativeBlock(bytes.length + 128L)) {
      long buffer = block.bytes(bytes);
      long local = block.allocate(16);
      block.setLong(local, buffer);
      block.setLong(local + 8, bytes.length);
      long remote = block.allocate(16);
      block.setLong(remote, address);
      block.setLong(remote + 8, bytes.length);
      long count = kernel.call(Syscall.PROCESS_VM_WRITEV, tid, local, 1, remote, 1, 0);
      if (count < bytes.length) {
        throw new AccessException(count < 0 ? count : -Errno.EFAULT.value());
      }
    }
  }

  /** Reads a NUL-terminated string, as bytes without the NUL. */
  public byte[] string(int tid, long address) throws AccessException {
    if (address == 0) {
      throw new AccessException(-Errno.EFAULT.value());
    }
    int length = toPageEnd(address);
    byte[] bytes = readUpTo(tid, address, length);
    int end = indexOfZero(bytes);
    if (end < 0) {
      bytes = readUpTo(tid, address, PATH_MAX + length);
      end = indexOfZero(bytes);
    }
    if (end < 0 || end >= PATH_MAX) {
      throw new AccessException(-Errno.ENAMETOOLONG.value());
    }
    byte[] text = new byte[end];
    System.arraycopy(bytes, 0, text, 0, end);
    return text;
  }

  private static int indexOfZero(byte[] bytes) {
    return indexOfZero(bytes, 0);
  }

  private static int indexOfZero(byte[] bytes, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        return i;
      }
    }
    return -1;
  }

  /** Copies the thread's descriptor into this JVM's table; the caller closes it. */
  public int descriptor(int tid, int fd) throws AccessException {
    if (fd < 0) {
      throw new AccessException(-Errno.EBADF.value());
    }
    long pidfd = kernel.call(Syscall.PIDFD_OPEN, tid, Constants.PIDFD_THREAD);
    if (pidfd == -Errno.EINVAL.value()) {
      // Before Linux 6.9 a pidfd names only whole processes.
      pidfd = kernel.call(Syscall.PIDFD_OPEN, processOf(tid), 0);
    }
    if (pidfd < 0) {
      throw new AccessException(pidfd);
    }
    try {
      long copy = kernel.call(Syscall.PIDFD_GETFD, pidfd, fd, 0);
      if (copy < 0) {
        throw new AccessException(copy);
      }
      return (int) copy;
    } finally {
      kernel.call(Syscall.CLOSE, pidfd);
    }
  }

  /** Returns the thread's number in its own process namespace. */
  public long innerNumber(int tid) throws AccessException {
    long[] numbers = statusField(tid, "NSpid:", 10);
    return numbers[numbers.length - 1];
  }

  /** Returns whether a process ignores a signal. */
  public boolean ignores(int pid, int signal) throws AccessException {
    return (statusField(pid, "SigIgn:", 16)[0] >>> signal - 1 & 1) != 0;
  }

  /** Returns the thread's file mode creation mask. */
  public int umask(int tid) throws AccessException {
    return (int) statusField(tid, "Umask:", 8)[0];
  }

  /** Returns a thread's rights: its file-system user and groups, and its capabilities. */
  CallerRights.Rights rights(int tid) throws AccessException {
    String status = status(tid);
    long[] groups = field(status, "Groups:", 10);
    return new CallerRights.Rights(
        (int) field(status, "Uid:", 10)[3],
        (int) field(status, "Gid:", 10)[3],
        Arrays.stream(groups).mapToInt(group -> (int) group).toArray(),
        field(status, "CapEff:", 16)[0]);
  }

  /** Returns a thread's real, effective, saved and file-system user. */
  public long[] users(int tid) throws AccessException {
    return statusField(tid, "Uid:", 10);
  }

  /** Returns a thread's effective capabilities. */
  public long capabilities(int tid) throws AccessException {
    return statusField(tid, "CapEff:", 16)[0];
  }

  /** Returns the size limit of a thread's files in bytes; -1 for none. */
  public long fileSizeLimit(int tid) throws AccessException {
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(16);
      long result = kernel.call(Syscall.PRLIMIT64, tid, Constants.RLIMIT_FSIZE, 0, at);
      if (result < 0) {
        throw new AccessException(result);
      }
      return block.getLong(at);
    }
  }

  /** Returns whether a signal is pending that the thread neither blocks nor ignores. */
  public boolean signalled(int tid) throws AccessException {
    long waiting = statusField(tid, "SigPnd:", 16)[0] | statusField(tid, "ShdPnd:", 16)[0];
    return waiting != 0
        && (waiting & ~statusField(tid, "SigBlk:", 16)[0] & ~statusField(tid, "SigIgn:", 16)[0])
            != 0;
  }

  /** Returns the number of a thread's seccomp filters (Linux 5.10). */
  public long filters(int tid) throws AccessException {
    return statusField(tid, "Seccomp_filters:", 10)[0];
  }

  /** Returns the program that a thread's process runs; empty when it cannot be read. */
  public String executable(int tid) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/" + tid + "/exe")).toString();
    } catch (IOException e) {
      return "";
    }
  }

  /** Returns the parent of a thread's process. */
  public int parent(int tid) throws AccessException {
    return (int) statusField(tid, "PPid:", 10)[0];
  }

  /** Reads the strings of a NULL-terminated array of pointers, up to both limits. */
  public List<String> strings(int tid, long address, int most, int bytes) throws AccessException {
    List<String> strings = new ArrayList<>();
    int left = bytes;
    for (int i = 0; address != 0 && i < most && left > 0; i++) {
      long at =
          ByteBuffer.wrap(read(tid, address + 8L * i, 8)).order(ByteOrder.nativeOrder()).getLong();
      if (at == 0) {
        return strings;
      }
      byte[] start = readUpTo(tid, at, Math.min(LONGEST_ARGUMENT, left));
      int end = indexOfZero(start);
      strings.add(
          new String(start, 0, end < 0 ? start.length : end, StandardCharsets.UTF_8)
              + (end < 0 ? "…" : ""));
      left -= end < 0 ? start.length : end + 1;
    }
    return strings;
  }

  /** Returns the device number of the terminal that controls a thread's process; 0 for none. */
  public int terminal(int tid) throws AccessException {
    return statNumber(tid, 4);
  }

  /** Returns the group of a thread's process. */
  public int group(int tid) throws AccessException {
    return statNumber(tid, 2);
  }

  /** Returns a field of {@code /proc/PID/stat}, counted from the first after the name. */
  private static int statNumber(int tid, int field) throws AccessException {
    try {
      String stat =
          Files.readString(Path.of("/proc/" + tid + "/stat"), StandardCharsets.ISO_8859_1);
      return statField(stat, field);
    } catch (IOException e) {
      throw new AccessException(-Errno.ESRCH.value());
    }
  }

  /** The name, in parentheses, may contain blanks and parentheses; proc_pid_stat(5). */
  static int statField(String stat, int field) {
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[field]);
  }

  /** Returns the number of threads of a thread's process. */
  public int threads(int tid) throws AccessException {
    return (int) statusField(tid, "Threads:", 10)[0];
  }

  /** Returns the process that a thread belongs to. */
  public int processOf(int tid) throws AccessException {
    return (int) statusField(tid, "Tgid:", 10)[0];
  }

  private long[] statusField(int tid, String name, int radix) throws AccessException {
    return field(status(tid), name, radix);
  }

  static long[] field(String status, String name, int radix) throws AccessException {
    int start = status.indexOf("\n" + name);
    if (start < 0) {
      throw new AccessException(-Errno.ESRCH.value());
    }
    int end = status.indexOf('\n', start + 1);
    String text = status.substring(start + 1 + name.length(), end).trim();
    String[] parts = text.isEmpty() ? new String[0] : text.split("\\s+");
    long[] values = new long[parts.length];
    for (int i = 0; i < parts.length; i++) {
      values[i] = Long.parseUnsignedLong(parts[i], radix);
    }
    return values;
  }

  /** Uses system calls: through the library it would take as long as the rest of an answer. */
  private String status(int tid) throws AccessException {
    try (NativeBlock block = new NativeBlock(PAGE + 96)) {
      long path = block.string("/proc/" + tid + "/status");
      long fd = kernel.call(Syscall.OPENAT, Constants.AT_FDCWD, path, Constants.O_CLOEXEC, 0);
      if (fd < 0) {
        throw new AccessException(-Errno.ESRCH.value());
      }
      long buffer = block.allocate(PAGE);
      long length = kernel.call(Syscall.READ, fd, buffer, PAGE);
      kernel.call(Syscall.CLOSE, fd);
      if (length <= 0) {
        throw new AccessException(-Errno.ESRCH.value());
      }
      return new String(block.getBytes(buffer, (int) length), StandardCharsets.ISO_8859_1);
    }
  }

  public void close(int fd) {
    new Descriptors(kernel).close(fd);
  }
}
