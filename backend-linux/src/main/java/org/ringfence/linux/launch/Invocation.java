package org.ringfence.linux.launch;

import java.util.List;
import java.util.Map;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.spi.Launch;

/**
 * What a keeper executes.
 *
 * @param program the resolved program
 * @param arguments its name and arguments
 * @param environment its environment
 * @param directory the directory that it starts in
 * @param own descriptors of this JVM that the program gets after the standard ones; closed here
 * @param closer closes them
 */
record Invocation(
    String program,
    List<String> arguments,
    Map<String, String> environment,
    String directory,
    List<Integer> own,
    Descriptors closer)
    implements AutoCloseable {

  static Invocation plain(String executable, Launch launch) {
    return new Invocation(
        executable,
        launch.command(),
        launch.environment(),
        launch.directory().toString(),
        List.of(),
        null);
  }

  /** All descriptors that the program gets, in the order of its numbers. */
  int[] descriptors(int[] standard) {
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
