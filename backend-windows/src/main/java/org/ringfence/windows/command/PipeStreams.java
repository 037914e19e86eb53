package org.ringfence.windows.command;

import java.io.InputStream;
import java.io.OutputStream;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Processes;

/** Streams on pipes, which they close. */
public final class PipeStreams {
  private PipeStreams() {}

  /**
   * Returns a stream that reads from a pipe.
   *
   * @param processes the calls
   * @param pipe the pipe
   * @return a stream
   */
  public static InputStream input(Processes processes, Handle pipe) {
    return new PipeInputStream(processes, pipe);
  }

  /**
   * Returns a stream that writes to a pipe.
   *
   * @param processes the calls
   * @param pipe the pipe
   * @return a stream
   */
  public static OutputStream output(Processes processes, Handle pipe) {
    return new PipeOutput(processes, pipe);
  }
}
