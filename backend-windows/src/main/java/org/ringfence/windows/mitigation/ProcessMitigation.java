package org.ringfence.windows.mitigation;

/**
 * A part of Windows that a process is made without. The bits are {@code
 * PROCESS_CREATION_MITIGATION_POLICY_*_ALWAYS_ON} of {@code winbase.h}; the numbers are {@code
 * PROCESS_MITIGATION_POLICY} and the flags of its structures in {@code winnt.h}.
 */
public enum ProcessMitigation {
  /** Libraries that other programs put into it: AppInit, hooks of windows, layered sockets. */
  EXTENSION_POINTS("extension-points", 32, 6, 0x1, true, "libraries of hooks and extensions"),

  /** Libraries and programs of other machines, also over WebDAV. */
  REMOTE_IMAGES("remote-images", 52, 10, 0x1, true, "libraries of other machines"),

  /** Libraries that a process of low integrity has written. */
  LOW_IMAGES("low-images", 56, 10, 0x2, false, "libraries of low integrity"),

  /** Libraries beside the program whose names the system directory has, too. */
  LOCAL_IMAGES_FIRST(
      "local-images-first", 60, 10, 0x4, false, "own copies of libraries of the system"),

  /** Fonts that are not installed: the kernel reads them. */
  FONTS("fonts", 48, 9, 0x1, false, "fonts of their own"),

  /** Code that a process makes while it runs. */
  DYNAMIC_CODE(
      "dynamic-code",
      36,
      2,
      0x1,
      false,
      "code made at run time (Java, .NET, PowerShell, Node, MSYS)"),

  /** Libraries that Microsoft has not signed. */
  UNSIGNED_IMAGES("unsigned-images", 44, 8, 0x1, false, "libraries that Microsoft has not signed"),

  /** The calls of windows and graphics. */
  WIN32K("win32k", 28, 4, 0x1, false, "windows and graphics (most programs load user32.dll)");

  private final String word;
  private final long creation;
  private final int policy;
  private final int flag;
  private final boolean usual;
  private final String closed;

  ProcessMitigation(String word, int shift, int policy, int flag, boolean usual, String closed) {
    this.word = word;
    this.creation = 1L << shift;
    this.policy = policy;
    this.flag = flag;
    this.usual = usual;
    this.closed = closed;
  }

  /** Returns the bit of {@code PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY}. */
  public long creation() {
    return creation;
  }

  /** Returns the number of the policy that tells of it. */
  public int policy() {
    return policy;
  }

  /** Returns its flag in that policy. */
  public int flag() {
    return flag;
  }

  /** Returns whether programs do without the part as a rule, so that it is closed unasked. */
  public boolean usual() {
    return usual;
  }

  /** Returns what commands do without, in a few words. */
  public String closed() {
    return closed;
  }

  /** Returns the word of the property. */
  @Override
  public String toString() {
    return word;
  }
}
