package org.ringfence.conformance.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A fixture with things of the host to attack: files outside, servers, and a process. */
public sealed interface HostFixture extends Fixture permits PosixFixture, WindowsFixture {
  /**
   * Returns the directory of the user's outside the workspace.
   *
   * @return an absolute path
   */
  Path outside();

  /**
   * Returns the command that tries one operation.
   *
   * @param arguments the operation and its arguments, with names such as <code>${outside}</code>
   * @return the program and its arguments, with the names' values
   * @throws IOException if the probe cannot be prepared
   */
  List<String> probe(List<String> arguments) throws IOException;

  /**
   * Describes everything outside, for comparison.
   *
   * @return attributes and contents, by path
   * @throws IOException if a file cannot be read
   */
  Map<String, String> snapshot() throws IOException;

  /**
   * Returns the number of connections and datagrams that the servers of the host have received.
   *
   * @return a count that only grows
   * @throws IOException if the servers cannot be asked
   * @throws InterruptedException if the thread is interrupted
   */
  long contacts() throws IOException, InterruptedException;

  /**
   * Returns whether the process outside still runs.
   *
   * @return false if a case has ended it
   */
  boolean victimAlive();
}
