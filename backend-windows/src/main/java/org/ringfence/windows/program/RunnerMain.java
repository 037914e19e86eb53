package org.ringfence.windows.program;

import java.io.IOException;
import org.ringfence.windows.bind.NativeWindows;
import org.ringfence.windows.runner.RunnerServer;
import org.ringfence.windows.system.WindowsCallException;

/** The runner's process. It has no console and no streams: it reports through its exit code. */
public final class RunnerMain {
  /** The arguments are not those that Ringfence passes. */
  private static final int USAGE = 2;

  /** An operation failed. */
  private static final int FAILED = 3;

  private RunnerMain() {}

  /**
   * Runs until the process that started it closes its pipes.
   *
   * @param arguments the name of the pipes
   */
  public static void main(String[] arguments) {
    if (arguments.length != 1) {
      System.err.println("started by Ringfence alone");
      System.exit(USAGE);
    }
    try {
      RunnerServer.run(new NativeWindows(), arguments[0], System.getenv());
      // Remaining commands end with this process, as do threads that wait for them.
      System.exit(0);
    } catch (WindowsCallException e) {
      System.exit(e.code() == 0 ? FAILED : e.code());
    } catch (IOException e) {
      System.exit(FAILED);
    }
  }
}
