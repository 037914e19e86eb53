package org.ringfence.windows.command;

import java.util.Map;
import org.ringfence.SandboxException;
import org.ringfence.windows.system.WindowsCallException;

/** Makes the commands of a sandbox. Closing it removes their confinement. */
public interface CommandHost extends AutoCloseable {
  /** Makes a suspended command and verifies its confinement, or fails. */
  RunningCommand start(CommandRequest request) throws SandboxException, WindowsCallException;

  /** Throws if a program is known not to start. */
  void checkProgram(String program) throws SandboxException;

  /** Returns whether a path is a file for the account that the commands run as. */
  boolean isFile(String path);

  /** Returns the environment that a command gets, derived from the given one. */
  Map<String, String> environment(Map<String, String> given);

  @Override
  void close() throws SandboxException;
}
