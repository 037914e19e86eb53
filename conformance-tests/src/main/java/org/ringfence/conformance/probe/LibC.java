package org.ringfence.conformance.probe;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Functions of libc by name, for probes and fixtures. Results below 0 are negated errors. */
public final class LibC {
  /** {@code AT_FDCWD} of {@code fcntl.h}. */
  public static final int AT_FDCWD = -100;

  /** Whether this is x86_64; else it is aarch64. */
  public static final boolean X86 =
      System.getProperty("os.arch").equals("amd64")
          || System.getProperty("os.arch").equals("x86_64");

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(1, "EPERM"),
          Map.entry(2, "ENOENT"),
          Map.entry(3, "ESRCH"),
          Map.entry(5, "EIO"),
          Map.entry(9, "EBADF"),
          Map.entry(11, "EAGAIN"),
          Map.entry(12, "ENOMEM"),
          Map.entry(13, "EACCES"),
          Map.entry(17, "EEXIST"),
          Map.entry(18, "EXDEV"),
          Map.entry(20, "ENOTDIR"),
          Map.entry(22, "EINVAL"),
          Map.entry(24, "EMFILE"),
          Map.entry(25, "ENOTTY"),
          Map.entry(27, "EFBIG"),
          Map.entry(30, "EROFS"),
          Map.entry(38, "ENOSYS"),
          Map.entry(40, "ELOOP"),
          Map.entry(93, "EPROTONOSUPPORT"),
          Map.entry(94, "ESOCKTNOSUPPORT"),
          Map.entry(95, "EOPNOTSUPP"),
          Map.entry(97, "EAFNOSUPPORT"),
          Map.entry(99, "EADDRNOTAVAIL"),
          Map.entry(101, "ENETUNREACH"),
          Map.entry(107, "ENOTCONN"),
          Map.entry(110, "ETIMEDOUT"),
          Map.entry(111, "ECONNREFUSED"),
          Map.entry(113, "EHOSTUNREACH"));

  private LibC() {}

  /**
   * Calls a function.
   *
   * @param function its name
   * @param arguments its arguments: Integer, Long, String, Memory or null
   * @return its result, or a negated error number when it is -1
   */
  public static long call(String function, Object... arguments) {
    Function found = NativeLibrary.getProcess().getFunction(function);
    long result = ((Number) found.invoke(Long.class, arguments)).longValue();
    // Functions that return int leave the upper half undefined.
    if (!function.equals("syscall") && !function.equals("mmap") && (int) result == -1) {
      result = -1;
    }
    return result == -1 ? -Native.getLastError() : function.equals("mmap") ? result : (int) result;
  }

  /**
   * Makes a system call whose number differs between the architectures.
   *
   * @param x86 its number on x86_64
   * @param arm its number on aarch64
   * @param arguments its arguments
   * @return its result, or a negated error number
   */
  public static long syscall(long x86, long arm, Object... arguments) {
    Object[] all = new Object[7];
    java.util.Arrays.fill(all, 0L);
    all[0] = X86 ? x86 : arm;
    for (int i = 0; i < arguments.length; i++) {
      all[i + 1] =
          arguments[i] instanceof Integer number ? (Object) number.longValue() : arguments[i];
    }
    return call("syscall", all);
  }

  /**
   * A zeroed piece of memory.
   *
   * @param bytes its size
   * @return the memory
   */
  public static Memory memory(int bytes) {
    Memory memory = new Memory(bytes);
    memory.clear();
    return memory;
  }

  /**
   * A NUL-terminated string.
   *
   * @param text the text
   * @return the memory
   */
  public static Memory string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    Memory memory = memory(bytes.length + 1);
    memory.write(0, bytes, 0, bytes.length);
    return memory;
  }

  /**
   * The name of an error number.
   *
   * @param error the number
   * @return the name
   */
  public static String errorName(int error) {
    return NAMES.getOrDefault(error, "errno-" + error);
  }
}
