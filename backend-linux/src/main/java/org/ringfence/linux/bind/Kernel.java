package org.ringfence.linux.bind;

import com.sun.jna.Native;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;

/**
 * System calls of one architecture by name. Results below zero are negated error numbers, as the
 * kernel itself returns them. Safe for restricted threads.
 */
public final class Kernel {
  private final Arch arch;
  private final long[] numbers;

  /**
   * Binds the calls of an architecture.
   *
   * @param arch the architecture that this JVM runs on
   */
  public Kernel(Arch arch) {
    this.arch = arch;
    Syscall[] all = Syscall.values();
    this.numbers = new long[all.length];
    for (Syscall syscall : all) {
      numbers[syscall.ordinal()] = syscall.number(arch);
    }
  }

  /**
   * Returns the architecture.
   *
   * @return the architecture
   */
  public Arch arch() {
    return arch;
  }

  /**
   * Makes a call.
   *
   * @param syscall which
   * @param a its first argument
   * @param b its second
   * @param c its third
   * @param d its fourth
   * @param e its fifth
   * @param f its sixth
   * @return its result, or a negated error number
   */
  @RestrictedThread
  public long call(Syscall syscall, long a, long b, long c, long d, long e, long f) {
    long result = LibC.syscall(numbers[syscall.ordinal()], a, b, c, d, e, f);
    return result == -1 ? -Native.getLastError() : result;
  }

  /**
   * Makes a call.
   *
   * @param syscall which
   * @return its result, or a negated error number
   */
  @RestrictedThread
  public long call(Syscall syscall) {
    return call(syscall, 0, 0, 0, 0, 0, 0);
  }

  /**
   * Makes a call.
   *
   * @param syscall which
   * @param a its first argument
   * @return its result, or a negated error number
   */
  @RestrictedThread
  public long call(Syscall syscall, long a) {
    return call(syscall, a, 0, 0, 0, 0, 0);
  }

  /**
   * Makes a call.
   *
   * @param syscall which
   * @param a its first argument
   * @param b its second
   * @return its result, or a negated error number
   */
  @RestrictedThread
  public long call(Syscall syscall, long a, long b) {
    return call(syscall, a, b, 0, 0, 0, 0);
  }

  /**
   * Makes a call.
   *
   * @param syscall which
   * @param a its first argument
   * @param b its second
   * @param c its third
   * @return its result, or a negated error number
   */
  @RestrictedThread
  public long call(Syscall syscall, long a, long b, long c) {
    return call(syscall, a, b, c, 0, 0, 0);
  }

  /**
   * Makes a call.
   *
   * @param syscall which
   * @param a its first argument
   * @param b its second
   * @param c its third
   * @param d its fourth
   * @return its result, or a negated error number
   */
  @RestrictedThread
  public long call(Syscall syscall, long a, long b, long c, long d) {
    return call(syscall, a, b, c, d, 0, 0);
  }
}
