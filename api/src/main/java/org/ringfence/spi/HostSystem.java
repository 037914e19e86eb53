package org.ringfence.spi;

import java.util.Locale;
import org.ringfence.policy.path.PathStyle;

/** The operating systems that backends are made for. */
public enum HostSystem {
  /** Linux. */
  LINUX("Linux"),
  /** macOS. */
  MACOS("macOS"),
  /** Windows. */
  WINDOWS("Windows"),
  /** Every system: for backends that need nothing of one. */
  ANY("any");

  private final String title;

  HostSystem(String title) {
    this.title = title;
  }

  /**
   * Returns the name of the system, for users.
   *
   * @return the name
   */
  public String title() {
    return title;
  }

  /**
   * Returns the system of this JVM. A POSIX system that is not listed counts as Linux.
   *
   * @return the system, never {@link #ANY}
   */
  public static HostSystem current() {
    if (PathStyle.current() == PathStyle.WINDOWS) {
      return WINDOWS;
    }
    String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    return name.startsWith("mac") ? MACOS : LINUX;
  }

  /**
   * Returns whether backends of this value are made for the system of this JVM. They may still need
   * a set-up to run.
   *
   * @return true for {@link #current()} and for {@link #ANY}
   */
  public boolean isThis() {
    return this == ANY || this == current();
  }
}
