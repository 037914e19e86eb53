package org.ringfence.linux.bind;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * The directory of a spawned program where its parent cannot enter it, because it shares its
 * directory with the JVM. Mapped apart from {@link LibC}: not every C library has the function.
 */
public final class SpawnDirectory {
  private static final String NAME = "posix_spawn_file_actions_addchdir_np";

  static {
    Native.register(SpawnDirectory.class, NativeLibrary.getProcess());
  }

  private SpawnDirectory() {}

  /**
   * {@code posix_spawn_file_actions_addchdir_np(3)} of glibc 2.29 and musl 1.1.24.
   *
   * @param actions the structure
   * @param path the directory
   * @return 0 or an error number
   */
  public static native int posix_spawn_file_actions_addchdir_np(long actions, long path);

  /**
   * Returns whether the C library has the function.
   *
   * @return true if it has
   */
  public static boolean possible() {
    try {
      NativeLibrary.getProcess().getFunction(NAME);
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }
}
