package org.ringfence.linux.bind;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * The libc functions used, mapped directly and with primitive arguments only: such calls allocate
 * nothing, load no class and start no thread, so that a restricted thread may make them.
 */
public final class LibC {
  /** {@code POSIX_SPAWN_SETSIGDEF} of {@code spawn.h}. */
  public static final short SPAWN_SETSIGDEF = 0x04;

  /** {@code POSIX_SPAWN_SETSIGMASK} of {@code spawn.h}. */
  public static final short SPAWN_SETSIGMASK = 0x08;

  /** {@code POSIX_SPAWN_SETSID} of {@code spawn.h} (glibc 2.26, musl 1.1.23). */
  public static final short SPAWN_SETSID = 0x80;

  static {
    Native.register(LibC.class, NativeLibrary.getProcess());
  }

  private LibC() {}

  /**
   * {@code syscall(2)}.
   *
   * @param number the call
   * @param a its first argument
   * @param b its second
   * @param c its third
   * @param d its fourth
   * @param e its fifth
   * @param f its sixth
   * @return its result; -1 on failure, with the error in {@link Native#getLastError()}
   */
  @RestrictedThread
  public static native long syscall(long number, long a, long b, long c, long d, long e, long f);

  /**
   * {@code posix_spawn(3)}.
   *
   * @param pid where the process id goes
   * @param path the program
   * @param actions the file actions
   * @param attributes the attributes
   * @param arguments the arguments, NULL-terminated
   * @param environment the environment, NULL-terminated
   * @return 0 or an error number
   */
  @RestrictedThread
  public static native int posix_spawn(
      long pid, long path, long actions, long attributes, long arguments, long environment);

  /**
   * {@code posix_spawn_file_actions_init(3)}.
   *
   * @param actions the structure
   * @return 0 or an error number
   */
  public static native int posix_spawn_file_actions_init(long actions);

  /**
   * {@code posix_spawn_file_actions_destroy(3)}.
   *
   * @param actions the structure
   * @return 0 or an error number
   */
  public static native int posix_spawn_file_actions_destroy(long actions);

  /**
   * {@code posix_spawn_file_actions_adddup2(3)}.
   *
   * @param actions the structure
   * @param descriptor the descriptor in the parent
   * @param target the descriptor in the child
   * @return 0 or an error number
   */
  public static native int posix_spawn_file_actions_adddup2(
      long actions, int descriptor, int target);

  /**
   * {@code posix_spawnattr_init(3)}.
   *
   * @param attributes the structure
   * @return 0 or an error number
   */
  public static native int posix_spawnattr_init(long attributes);

  /**
   * {@code posix_spawnattr_setflags(3)}.
   *
   * @param attributes the structure
   * @param flags the flags
   * @return 0 or an error number
   */
  public static native int posix_spawnattr_setflags(long attributes, short flags);

  /**
   * {@code posix_spawnattr_setsigdefault(3)}.
   *
   * @param attributes the structure
   * @param signals the signal set
   * @return 0 or an error number
   */
  public static native int posix_spawnattr_setsigdefault(long attributes, long signals);

  /**
   * {@code posix_spawnattr_setsigmask(3)}.
   *
   * @param attributes the structure
   * @param signals the signal set
   * @return 0 or an error number
   */
  public static native int posix_spawnattr_setsigmask(long attributes, long signals);
}
