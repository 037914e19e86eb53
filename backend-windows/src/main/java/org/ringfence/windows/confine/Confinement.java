package org.ringfence.windows.confine;

import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.TokenFacts;

/** Confines the processes of a sandbox. Closing it undoes every change. */
public interface Confinement extends AutoCloseable {
  /** Returns the token of the processes; empty for the JVM's own. */
  Optional<Handle> token();

  /** Returns the container that the processes run in. */
  Optional<ProcessRequest.Container> container();

  /** Returns the processes' window station and desktop; empty for the JVM's own. */
  Optional<String> desktop();

  /** Returns the parts of Windows that the processes are made without. */
  ProcessMitigations mitigations();

  /** Throws if a program is known not to start. */
  void checkProgram(String program) throws SandboxException;

  /** Returns the first fault of a process's token; empty when the process is confined. */
  Optional<String> problem(TokenFacts facts);

  @Override
  void close() throws SandboxException;
}
