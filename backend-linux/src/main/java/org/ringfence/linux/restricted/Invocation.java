package org.ringfence.linux.restricted;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ringfence.SandboxException;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.spi.Launch;

/**
 * The program that a command thread executes, with its parameters.
 *
 * @param program the resolved program
 * @param arguments its name and arguments
 * @param environment its environment
 * @param directory the directory that it starts in
 * @param leadsSession whether the program starts in its own session
 * @param own descriptors of this JVM that the program gets after the standard ones; this record
 *     closes them
 * @param closer closes them
 */
public record Invocation(
    String program,
    List<String> arguments,
    Map<String, String> environment,
    String directory,
    boolean leadsSession,
    List<Integer> own,
    Descriptors closer)
    implements AutoCloseable {

  public static Invocation plain(String executable, Launch launch) throws SandboxException {
    List<String> wrapper = inOwnSession(launch);
    List<String> command = new ArrayList<>(launch.command());
    if (!wrapper.isEmpty()) {
      command.set(0, executable);
      command.addAll(0, wrapper);
    }
    return new Invocation(
        wrapper.isEmpty() ? executable : wrapper.get(0),
        command,
        launch.environment().resolved(),
        launch.directory().toString(),
        wrapper.isEmpty(),
        List.of(),
        null);
  }

  /**
   * Returns the wrapper of a command that gets a terminal: only a process itself can make a
   * terminal control its session, and posix_spawn(3) has no action for it.
   *
   * @return words of a command line; none when there is no terminal
   */
  public static List<String> inOwnSession(Launch launch) throws SandboxException {
    if (launch.terminal().isEmpty()) {
      return List.of();
    }
    for (String path : List.of("/usr/bin/setsid", "/bin/setsid")) {
      if (Files.isExecutable(Path.of(path))) {
        return List.of(path, "-c");
      }
    }
    throw new SandboxException(
        "terminal: there is no setsid(1), which makes it the command's own; install util-linux");
  }

  /** Returns all descriptors of the program, in the order of its numbers. */
  public int[] descriptors(int[] standard) {
    int[] all = java.util.Arrays.copyOf(standard, standard.length + own.size());
    for (int i = 0; i < own.size(); i++) {
      all[standard.length + i] = own.get(i);
    }
    return all;
  }

  @Override
  public void close() {
    own.forEach(fd -> closer.close(fd));
  }
}
