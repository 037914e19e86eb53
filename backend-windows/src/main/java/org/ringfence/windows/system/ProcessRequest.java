package org.ringfence.windows.system;

import java.util.List;
import java.util.Optional;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.mitigation.ProcessMitigations;

/**
 * A request for a suspended process.
 *
 * @param token the token of the process; empty for this process's
 * @param program the absolute path of the program
 * @param commandLine the command line
 * @param environment the environment block
 * @param directory the working directory
 * @param standard standard input, output and error, inheritable; empty with a pseudo-console
 * @param job the job that it is in from its first instruction
 * @param breakaway whether it leaves this process's job, which must permit that
 * @param desktop window station and desktop; empty for this process's
 * @param container the AppContainer that it runs in; empty for none
 * @param console the pseudo-console; empty for no console at all
 * @param mitigations the parts of Windows that it is made without
 */
public record ProcessRequest(
    Optional<Handle> token,
    String program,
    String commandLine,
    String environment,
    String directory,
    List<Handle> standard,
    Handle job,
    boolean breakaway,
    Optional<String> desktop,
    Optional<Container> container,
    Optional<Handle> console,
    ProcessMitigations mitigations) {
  /** Copies the list. */
  public ProcessRequest {
    standard = List.copyOf(standard);
  }

  /**
   * An AppContainer ({@code SECURITY_CAPABILITIES}).
   *
   * @param packageSid the container's SID
   * @param capabilities its capabilities
   * @param lessPrivileged whether it gets no rights of all packages
   */
  public record Container(Sid packageSid, List<Sid> capabilities, boolean lessPrivileged) {
    /** Copies the list. */
    public Container {
      capabilities = List.copyOf(capabilities);
    }
  }
}
