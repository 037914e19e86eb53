package org.ringfence.linux.restricted;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * A shell, blocked on a pipe whose other end only this JVM has. When the JVM ends, however it ends,
 * the shell kills the sandbox and removes its temporary directory. A line on the pipe makes it
 * exit.
 *
 * <p>Where Landlock scopes signals, the shell is in the sandbox thread's domain, and kills
 * everything in it. Elsewhere it searches {@code /proc} for the processes that hold the write end
 * of the sandbox's lifeline, kills these and with them their namespaces, and repeats that until the
 * lifeline ends.
 */
public final class Watchdog implements AutoCloseable {
  private static final String SCOPED_KILL = "kill -9 -1; ";

  // In ls -l the write end of a pipe has the mode l-wx------ (fs/proc/fd.c, tid_fd_mode).
  private static final String LIFELINE_KILL =
      "pipe=$(ls -l /proc/$$/fd/3); pipe=${pipe##*-> };"
          + " while :; do ls -l /proc/[0-9]*/fd | while read -r line; do case $line in"
          + " /proc/*/fd:) each=${line#/proc/}; each=${each%/fd:};;"
          + " l-wx*\"-> $pipe\") kill -9 \"$each\";;"
          + " esac; done; sleep 0.1; done & search=$!;"
          + " read -r word <&3; kill -9 \"$search\"; ";

  // A killed process may still make a file, but not in a directory that is gone.
  private static final String REMOVAL =
      "i=0; [ -z \"$DIRECTORY\" ] || while [ $((i += 1)) -lt 50 ]; do"
          + " chmod -R u+rwx -- \"$DIRECTORY\"; rm -rf -- \"$DIRECTORY\" && break; sleep 0.1; done;"
          + " [ -z \"$DIRECTORY\" ] || rmdir -- \"${DIRECTORY%/*}\"; [ -z \"$1\" ] ||"
          + " for i in 1 2 3 4 5; do rmdir \"$1\"/command-* \"$1\" && break; sleep 0.1; done";

  private final Kernel kernel;
  private final Descriptors descriptors;
  private final int pipe;
  private final int wake;
  private final CommandThread commandThread;

  private Watchdog(
      Kernel kernel, Descriptors descriptors, int pipe, int wake, CommandThread commandThread) {
    this.kernel = kernel;
    this.descriptors = descriptors;
    this.pipe = pipe;
    this.wake = wake;
    this.commandThread = commandThread;
  }

  /**
   * Starts the watchdog.
   *
   * @param kernel the system calls
   * @param sandboxThread starts its command thread
   * @param lifeline the read end of the sandbox's lifeline; empty where the sandbox thread is in a
   *     domain that scopes signals
   * @param tmp the directory to remove, or empty
   * @param cgroup the cgroup to remove, or empty
   */
  public static Watchdog start(
      Kernel kernel, SandboxThread sandboxThread, OptionalInt lifeline, String tmp, String cgroup)
      throws IOException {
    Descriptors descriptors = new Descriptors(kernel);
    String script =
        "read -r word && exit 0; " + (lifeline.isPresent() ? LIFELINE_KILL : SCOPED_KILL) + REMOVAL;
    int[] ends = descriptors.pipe();
    int sink = -1;
    int wake = -1;
    boolean done = false;
    try {
      sink = descriptors.open("/dev/null", Constants.O_RDWR, 0);
      wake = descriptors.event();
      SpawnOrders orders =
          new SpawnOrders(
              kernel,
              new Invocation(
                  "/bin/sh",
                  List.of("sh", "-c", script, "ringfence-watchdog", cgroup),
                  // Every process can read arguments; the directory's name is not for others.
                  Map.of("PATH", "/usr/bin:/bin", "DIRECTORY", tmp),
                  "/",
                  true,
                  List.of(),
                  descriptors),
              IntStream.concat(IntStream.of(ends[0], sink, sink), lifeline.stream()).toArray(),
              null,
              new SpawnOrders.Signals(wake, wake));
      CommandThread commandThread = new CommandThread(kernel, orders);
      sandboxThread.start(commandThread);
      commandThread.awaitStarted();
      if (!commandThread.started()) {
        commandThread.free();
        throw new IOException("watchdog: /bin/sh: " + Errno.name(commandThread.error()));
      }
      commandThread.observed();
      done = true;
      return new Watchdog(kernel, descriptors, ends[1], wake, commandThread);
    } finally {
      descriptors.close(ends[0]);
      descriptors.close(sink);
      if (!done) {
        descriptors.close(ends[1]);
        descriptors.close(wake);
      }
    }
  }

  /** Makes the watchdog exit without killing or removing anything. */
  @Override
  public void close() {
    try (NativeBlock block = new NativeBlock(16)) {
      kernel.call(Syscall.WRITE, pipe, block.bytes(new byte[] {'q', '\n'}), 2);
    }
    descriptors.close(pipe);
    commandThread.free();
    descriptors.close(wake);
  }
}
