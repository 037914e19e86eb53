package org.ringfence.linux.restricted;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
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
 * everything in it. Elsewhere it searches {@code /proc}. Under bubblewrap it looks for the
 * processes that hold the write end of the sandbox's lifeline, kills these and with them their
 * namespaces, and repeats that until the lifeline ends. Without namespaces this JVM tells it each
 * group of the sandbox's processes, which it kills, and then all that carry a mark of the sandbox,
 * until it has found none twice: without a supervisor the kernel answers ENOSYS to setsid and
 * setpgid, so that no group is made meanwhile.
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

  private static final String NO_GROUPS = "read -r word && exit 0; ";

  // Hears of the groups until the end, and drops those that no process can enter any more, each
  // time that their number has doubled: see MarkedProcesses.dropEmpty.
  private static final String GROUPS =
      "groups=; count=0; most=500; while read -r word; do [ \"$word\" = q ] && exit 0;"
          + " groups=\"$groups $word\"; [ $((count += 1)) -lt $most ] || { live=' '; count=0;"
          + " for each in $groups; do case $live in *\" $each \"*) continue;; esac;"
          + " { kill -0 $each || kill -0 -$each; } && live=\"$live$each \" &&"
          + " count=$((count + 1)); done; groups=$live; most=$((2 * count + 500)); }; done; ";

  // Sets "group" to the group of the process at $each (proc(5), the fifth field of stat). A
  // process's name may have line ends.
  private static final String GROUP =
      "{ line=; while read -r word; do line=\"$line $word\"; done <$each/stat; } &&"
          + " line=${line##*) } && line=${line#* } && line=${line#* } && group=${line%% *}";

  // Sets "mark" to that of the process at $each: the soft limit after "Max file locks" in
  // /proc/PID/limits (fs/proc/base.c). Empty if there is no process.
  private static final String MARK_OF =
      "{ mark=; while read -r a b c mark line; do [ \"$a $b $c\" != 'Max file locks' ] || break;"
          + " done <$each/limits; }";

  // The processes of the sandbox may have used up all that the user may have, and a shell that
  // cannot fork ends. So it kills by built-in commands alone.
  //
  // A pass kills the groups with a leader of the sandbox, then those without a leader. Such a group
  // that has a process outside has got its number after the sandbox's was gone; of a process that
  // has come and gone meanwhile nothing is known. Then it kills each process, until two passes have
  // found none. A process whose first thread alone has ended looks like a zombie, so that each is
  // killed; but no pass follows for a zombie's sake, which may stay.
  private static final String MARKED_KILL =
      "quiet=0; pass=0; while [ $quiet -lt 2 ] && [ $((pass += 1)) -lt 100 ]; do"
          + " quiet=$((quiet + 1)); rest=' '; for word in $groups; do each=/proc/$word; "
          + MARK_OF
          + "; case $mark in MARK*) kill -9 -$word;;"
          + " '') kill -0 -$word && rest=\"$rest$word \";; esac; done;"
          + " others=' '; [ \"$rest\" = ' ' ] || for each in /proc/[0-9]*; do "
          + GROUP
          + " || continue; case $rest in *\" $group \"*) ;; *) continue;; esac; "
          + MARK_OF
          + " && found=$group && "
          + GROUP
          + " && [ $group = $found ] || continue; case $mark in ''|MARK*) ;;"
          + " *) others=\"$others$group \";; esac; done;"
          + " for each in $rest; do case $others in *\" $each \"*) ;; *) kill -9 -$each;; esac;"
          + " done; for each in /proc/[0-9]*; do "
          + MARK_OF
          + "; case $mark in MARK*) ;; *) continue;; esac; kill -9 ${each#/proc/} &&"
          + " while read -r key state line; do case \"$key $state\" in \"State: Z\") break;;"
          + " State:*) quiet=0; break;; esac; done <$each/status; done; done; ";

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
  private volatile boolean closed;

  private Watchdog(
      Kernel kernel, Descriptors descriptors, int pipe, int wake, CommandThread commandThread) {
    this.kernel = kernel;
    this.descriptors = descriptors;
    this.pipe = pipe;
    this.wake = wake;
    this.commandThread = commandThread;
  }

  /** How the watchdog finds the processes of the sandbox. */
  public sealed interface Search {}

  /** The sandbox thread is in a domain that scopes signals. */
  public record Scoped() implements Search {}

  /**
   * Each process that matters holds the write end of a pipe.
   *
   * @param lifeline the pipe's read end
   */
  public record Held(int lifeline) implements Search {}

  /**
   * Each process carries a mark.
   *
   * @param digits the first digits of the sandbox's marks
   */
  public record Marked(String digits) implements Search {}

  private static String killing(Search search) {
    if (search instanceof Marked marked) {
      return GROUPS + MARKED_KILL.replace("MARK", marked.digits());
    }
    return NO_GROUPS + (search instanceof Held ? LIFELINE_KILL : SCOPED_KILL);
  }

  /**
   * Starts the watchdog.
   *
   * @param kernel the system calls
   * @param sandboxThread starts its command thread
   * @param heard an eventfd that counts up when the watchdog has ended
   * @param search how it finds the sandbox's processes
   * @param tmp the directory to remove, or empty
   * @param cgroup the cgroup to remove, or empty
   */
  public static Watchdog start(
      Kernel kernel,
      SandboxThread sandboxThread,
      int heard,
      Search search,
      String tmp,
      String cgroup)
      throws IOException {
    Descriptors descriptors = new Descriptors(kernel);
    String script = killing(search) + REMOVAL;
    IntStream lifeline =
        search instanceof Held held ? IntStream.of(held.lifeline()) : IntStream.empty();
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
              IntStream.concat(IntStream.of(ends[0], sink, sink), lifeline).toArray(),
              null,
              new SpawnOrders.Signals(wake, heard),
              sandboxThread.ownFileState());
      CommandThread commandThread = new CommandThread(kernel, orders);
      sandboxThread.start(commandThread);
      commandThread.awaitStarted();
      if (!commandThread.started()) {
        commandThread.free();
        throw new IOException("watchdog: /bin/sh: " + Errno.name(commandThread.error()));
      }
      commandThread.observed();
      kernel.call(Syscall.FCNTL, ends[1], Constants.F_SETFL, Constants.O_NONBLOCK);
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

  /**
   * Tells the watchdog a group that it kills if it searches for marks; never waits.
   *
   * @return whether it will know
   */
  public boolean hears(int group) {
    try (NativeBlock block = new NativeBlock(32)) {
      byte[] line = (group + "\n").getBytes(StandardCharsets.US_ASCII);
      return kernel.call(Syscall.WRITE, pipe, block.bytes(line), line.length) == line.length;
    }
  }

  /**
   * Returns whether the watchdog has ended by itself: then nothing would end the sandbox's commands
   * after this JVM.
   */
  public boolean hasEnded() {
    return commandThread.done() && !closed;
  }

  /** Makes the watchdog exit without killing or removing anything. */
  @Override
  public void close() {
    closed = true;
    try (NativeBlock block = new NativeBlock(16)) {
      kernel.call(Syscall.WRITE, pipe, block.bytes(new byte[] {'q', '\n'}), 2);
    }
    descriptors.close(pipe);
    commandThread.free();
    descriptors.close(wake);
  }
}
