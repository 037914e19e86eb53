package org.ringfence.windows.launch;

import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.TokenFacts;

/** What confines the processes of a sandbox. Closing it gives everything back. */
interface Confinement extends AutoCloseable {
  /** The token that they get; empty for the JVM's own. */
  Optional<Handle> token();

  /** The container that they run in. */
  Optional<ProcessRequest.Container> container();

  /** The window station and desktop that they are on; empty for the JVM's own. */
  Optional<String> desktop();

  /** Throws if a program is known not to start. */
  void checkProgram(String program) throws SandboxException;

  /** What is wrong with the token that a process has got; empty when it is confined. */
  Optional<String> problem(TokenFacts facts);

  @Override
  void close() throws SandboxException;
}
