package org.ringfence.windows.program;

import java.io.IOException;
import java.nio.file.Path;
import org.ringfence.windows.bind.NativeWindows;
import org.ringfence.windows.setup.ElevatedTask;
import org.ringfence.windows.setup.MachineDirectory;
import org.ringfence.windows.system.WindowsCallException;

/** The elevated process of set-up. It has no window and reports through its pipes. */
public final class ElevatedMain {
  /** The arguments are not those that Ringfence passes. */
  private static final int USAGE = 2;

  /** An operation failed. */
  private static final int FAILED = 3;

  private ElevatedMain() {}

  /**
   * Performs one task.
   *
   * @param arguments a directory in which only administrators write, and the name of the pipes
   */
  public static void main(String[] arguments) {
    MachineDirectory machine = MachineDirectory.of(System.getenv()).orElse(null);
    if (arguments.length != 2 || machine == null) {
      System.err.println("started by Ringfence alone");
      System.exit(USAGE);
    }
    try {
      // Before JNA is loaded, which takes the property. A variable could name another directory.
      Path libraries = ElevatedLibraries.make(Path.of(arguments[0]));
      System.setProperty("jna.tmpdir", libraries.toString());
      new ElevatedTask(new NativeWindows(), machine).run(arguments[1]);
      System.exit(0);
    } catch (WindowsCallException e) {
      System.exit(e.code() == 0 ? FAILED : e.code());
    } catch (IOException e) {
      System.exit(FAILED);
    }
  }
}
