package org.ringfence.windows.command;

import java.util.List;
import java.util.Optional;
import org.ringfence.TerminalSize;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;

/**
 * A command, resolved and quoted, with its streams.
 *
 * @param program the absolute path of the program
 * @param line the command line
 * @param environment the environment block
 * @param directory the working directory
 * @param standard standard input, output and error; empty with a terminal
 * @param terminal the terminal that replaces them
 * @param limits the limits of its job
 */
public record CommandRequest(
    String program,
    String line,
    String environment,
    String directory,
    List<Handle> standard,
    Optional<TerminalEnds> terminal,
    JobLimits limits) {
  public CommandRequest {
    standard = List.copyOf(standard);
  }

  /**
   * A terminal's side of its pipes.
   *
   * @param size its size
   * @param keys the end that the terminal reads keys from
   * @param screen the end that the terminal writes to
   */
  public record TerminalEnds(TerminalSize size, Handle keys, Handle screen) {}
}
