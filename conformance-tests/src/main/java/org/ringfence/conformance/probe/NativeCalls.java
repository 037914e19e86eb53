package org.ringfence.conformance.probe;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Functions of libc by name, for probes and fixtures. Results below 0 are negated errors. */
public final class NativeCalls {
  /** True on Linux, false on macOS. */
  public static final boolean LINUX = System.getProperty("os.name").equals("Linux");

  /** {@code AT_FDCWD} of {@code fcntl.h}. */
  public static final int AT_FDCWD = KernelNumbers.here().atFdcwd();

  /** True on x86_64, false on aarch64. */
  public static final boolean X86 =
      System.getProperty("os.arch").equals("amd64")
          || System.getProperty("os.arch").equals("x86_64");

  /** Variadic functions, whose arguments some processors pass differently. */
  private interface Variadic extends Library {
    int open(Pointer path, int flags, Object... more);

    int openat(int directory, Pointer path, int flags, Object... more);

    int fcntl(int fd, int command, Object... more);

    int ioctl(int fd, NativeLong request, Object... more);

    Pointer sem_open(String name, int flags, Object... more);
  }

  private static final Variadic VARIADIC = Native.load("c", Variadic.class);

  private NativeCalls() {}

  /**
   * Calls a function.
   *
   * @param function its name
   * @param arguments its arguments: Integer, Long, String, Memory or null
   * @return its result, or a negated error number when it is -1
   */
  public static long call(String function, Object... arguments) {
    long result =
        switch (function) {
          case "open" -> VARIADIC.open(pointer(arguments[0]), (int) arguments[1], arguments[2]);
          case "openat" ->
              VARIADIC.openat(
                  (int) arguments[0], pointer(arguments[1]), (int) arguments[2], arguments[3]);
          case "fcntl" -> VARIADIC.fcntl((int) arguments[0], (int) arguments[1], arguments[2]);
          case "ioctl" ->
              VARIADIC.ioctl(
                  (int) arguments[0],
                  new NativeLong(((Number) arguments[1]).longValue()),
                  pointer(arguments[2]));
          default -> fixed(function, arguments);
        };
    return result == -1 ? -Native.getLastError() : result;
  }

  private static long fixed(String function, Object... arguments) {
    Function found;
    try {
      found = NativeLibrary.getProcess().getFunction(function);
    } catch (UnsatisfiedLinkError e) {
      throw new AbsentException(function);
    }
    long result = ((Number) found.invoke(Long.class, arguments)).longValue();
    // Functions that return int leave the upper half undefined.
    return function.equals("syscall") || function.equals("mmap") ? result : (int) result;
  }

  /**
   * Creates a new named semaphore, for its owner alone.
   *
   * @param name its name, with a slash before it
   * @return the semaphore; null when it cannot be created, with the error in {@link
   *     Native#getLastError}
   */
  static Pointer semaphore(String name) {
    int flags = KernelNumbers.here().create() | KernelNumbers.here().exclusive();
    Pointer made = VARIADIC.sem_open(name, flags, 0600, 1);
    // SEM_FAILED is 0 on Linux, -1 on macOS.
    return Pointer.nativeValue(made) == -1 ? null : made;
  }

  private static Pointer pointer(Object given) {
    return given instanceof String text ? string(text) : (Pointer) given;
  }

  /**
   * Demands Linux for an operation that only Linux has.
   *
   * @param what the operation
   * @throws AbsentException on other systems
   */
  public static void onlyLinux(String what) {
    if (!LINUX) {
      throw new AbsentException(what);
    }
  }

  /**
   * Makes a system call of Linux whose number differs between the architectures.
   *
   * @param x86 its number on x86_64
   * @param arm its number on aarch64
   * @param arguments its arguments
   * @return its result, or a negated error number
   */
  public static long syscall(long x86, long arm, Object... arguments) {
    onlyLinux("system call " + x86);
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
   * Allocates zeroed memory.
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
   * Allocates a NUL-terminated string.
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
   * Returns the name of an error number.
   *
   * @param error the number
   * @return the name
   */
  public static String errorName(int error) {
    // A stream would cost each probe the time to load its classes.
    for (Map.Entry<String, Integer> entry : KernelNumbers.here().errors().entrySet()) {
      if (entry.getValue() == error) {
        return entry.getKey();
      }
    }
    return "errno-" + error;
  }
}
