package org.ringfence.windows.launch;

import java.util.Map;
import org.ringfence.SandboxException;
import org.ringfence.windows.system.WindowsCallException;

/** Where the commands of a sandbox are made. Closing it gives back what confines them. */
interface CommandHost extends AutoCloseable {
  /** Makes a command, suspended and looked at: it is confined, or it is not there. */
  RunningCommand start(CommandRequest request) throws SandboxException, WindowsCallException;

  /** Throws if a program is known not to start. */
  void checkProgram(String program) throws SandboxException;

  /** Whether a path is a file for whoever the commands run as. */
  boolean isFile(String path);

  /** The environment that a command gets, when it is to get this one. */
  Map<String, String> environment(Map<String, String> given);

  @Override
  void close() throws SandboxException;
}
