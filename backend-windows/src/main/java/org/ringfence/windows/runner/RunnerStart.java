package org.ringfence.windows.runner;

import org.ringfence.SandboxException;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;

/** Starts the processes of runners. */
public interface RunnerStart {
  /**
   * Starts a suspended runner.
   *
   * @param offline whether it runs as the user without a network
   * @param pipes the pipes that it connects to
   * @return its process
   * @throws WindowsCallException if it cannot be started
   * @throws SandboxException if it cannot be found
   */
  Processes.Started start(boolean offline, String pipes)
      throws WindowsCallException, SandboxException;
}
