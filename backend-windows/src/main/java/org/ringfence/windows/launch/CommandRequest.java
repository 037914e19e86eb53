package org.ringfence.windows.launch;

import java.util.List;
import java.util.Optional;
import org.ringfence.TerminalSize;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;

/**
 * A command that has been found, quoted and given its streams.
 *
 * @param program the absolute path of the program
 * @param line the command line
 * @param environment the environment block
 * @param directory the working directory
 * @param standard standard input, output and error; empty with a terminal
 * @param terminal the terminal in their place
 * @param limits the limits of its job
 */
record CommandRequest(
    String program,
    String line,
    String environment,
    String directory,
    List<Handle> standard,
    Optional<TerminalEnds> terminal,
    JobLimits limits) {
  CommandRequest {
    standard = List.copyOf(standard);
  }

  /**
   * A terminal's side of its pipes.
   *
   * @param size its size
   * @param keys where it reads keys
   * @param screen where it writes
   */
  record TerminalEnds(TerminalSize size, Handle keys, Handle screen) {}
}
