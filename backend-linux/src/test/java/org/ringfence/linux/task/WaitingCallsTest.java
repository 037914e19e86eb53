package org.ringfence.linux.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.SmallJvm;
import org.ringfence.policy.json.Presets;

/**
 * Checks that waiting calls free their descriptors and threads of the JVM when their callers or the
 * sandbox end.
 */
class WaitingCallsTest {
  private static final int PATIENCE_SECONDS = 120;
  private static final String PYTHON = "/usr/bin/python3";

  /**
   * Several processes each make a call that never ends by itself. A waiting send uses a socket
   * whose queue holds its own other end, so the socket stays open.
   */
  private static final String CALLERS =
      """
      import array, errno, os, signal, socket, struct, sys, threading
      kind, end, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
      def full(passed):
          a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
          b.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [b.fileno()]))])
          b.close()
          a.setblocking(False)
          try:
              while True: a.send(b"x" * 4096)
          except BlockingIOError:
              pass
          a.setblocking(True)
          rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [2] * passed))]
          # A process of one thread would send itself.
          threading.Thread(target=signal.pause, daemon=True).start()
          a.sendmsg([b"x"], rights if passed else [])
      server = socket.socket(socket.AF_UNIX)
      server.bind("server")
      server.listen(0)
      socket.socket(socket.AF_UNIX).connect("server")
      def call(i):
          if kind == "fifo":
              os.open("fifo", os.O_RDONLY | os.O_CREAT)
          elif kind == "send":
              full(0)
          elif kind == "passing":
              full(253)
          elif kind == "connect":
              socket.socket(socket.AF_UNIX).connect("server")
          elif kind == "lock":
              import fcntl
              fcntl.flock(os.open("locked", os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)
      os.mkfifo("fifo")
      import fcntl
      fcntl.flock(os.open("locked", os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)
      # The first keeps its connection: the server's queue is full.
      kept = socket.socket(socket.AF_UNIX)
      kept.setblocking(False)
      try:
          kept.connect("server")
      except BlockingIOError:
          pass
      print("ready", flush=True)
      sys.stdin.readline()
      ready, tell = os.pipe()
      callers = []
      for i in range(n):
          pid = os.fork()
          if pid == 0:
              os.write(tell, b"x")
              try:
                  call(i)
                  print("ended", flush=True)
              except OSError as e:
                  os.write(tell, b"y")
              os._exit(0)
          callers.append(pid)
      for i in range(n): os.read(ready, 1)
      print("calling", flush=True)
      sys.stdin.readline()
      if end == "killed":
          for pid in callers: os.kill(pid, signal.SIGKILL)
          for pid in callers: os.waitpid(pid, 0)
          print("gone", flush=True)
          sys.stdin.readline()
      # The sandbox ends the rest.
      signal.pause()
      """;

  @TempDir private Path workspace;

  /** Runs the scenarios in a separate JVM, so that no other code opens descriptors. */
  public static final class Host {
    private Host() {}

    /**
     * Takes the workspace, the backend, the script, the kind of call, the end and the number of
     * calls.
     */
    public static void main(String[] args) throws Exception {
      var opener =
          Sandbox.opener(Presets.load("workspace-write"))
              .workspace(Path.of(args[0]))
              .backend(args[1]);
      // The first run loads classes and opens lasting descriptors.
      try (Sandbox first = opener.open()) {
        first.command("true").run();
      }
      int before = lowest(Host::descriptors);
      try (Sandbox sandbox = opener.open()) {
        SandboxedProcess process =
            sandbox.start(SandboxCommand.of(PYTHON, args[2], args[3], args[4], args[5]));
        BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
        System.out.println(said.readLine());
        int ready = lowest(Host::descriptors);
        next(process);
        System.out.println(said.readLine());
        // Half of the callers are enough: the start may still close its own descriptors.
        int waits = ready + Integer.parseInt(args[5]) / 2;
        int holding = descriptors();
        for (int i = 0; holding < waits && i < 3000; i++) {
          Thread.sleep(10);
          holding = descriptors();
        }
        System.out.println(
            holding >= waits ? "held" : "held %d, %d before".formatted(holding, ready));
        next(process);
        if (args[4].equals("killed")) {
          System.out.println(said.readLine());
          int after = settled(Host::descriptors, ready);
          System.out.println(after <= ready ? "given back" : after + " instead of " + ready);
        }
      }
      int after = settled(Host::descriptors, before);
      System.out.println(after <= before ? "closed" : after + " instead of " + before);
      System.out.println("threads " + settled(Host::threads, 0));
      System.exit(0);
    }

    private static void next(SandboxedProcess process) throws IOException {
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
    }

    /**
     * Returns the lowest value within half a second, in which a start closes its own descriptors.
     */
    private static int lowest(IntSupplier number) throws InterruptedException {
      int lowest = number.getAsInt();
      for (int i = 0; i < 50; i++) {
        Thread.sleep(10);
        lowest = Math.min(lowest, number.getAsInt());
      }
      return lowest;
    }

    /** Waits until a number is low enough, for a limited time, and returns it. */
    private static int settled(IntSupplier number, int wanted) throws InterruptedException {
      // The JVM itself opens a file of its cgroup at times, so a second count could be higher.
      int seen = number.getAsInt();
      for (int i = 0; seen > wanted && i < 1000; i++) {
        Thread.sleep(10);
        seen = number.getAsInt();
      }
      return seen;
    }

    private static int descriptors() {
      return count(Path.of("/proc/self/fd"), "");
    }

    private static int threads() {
      return count(Path.of("/proc/self/task"), "ringfence");
    }

    private static int count(Path directory, String name) {
      try (Stream<Path> all = Files.list(directory)) {
        return (int) all.filter(one -> name.isEmpty() || named(one, name)).count();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    private static boolean named(Path task, String name) {
      try {
        return Files.readString(task.resolve("comm")).startsWith(name);
      } catch (IOException e) {
        // The thread has ended.
        return false;
      }
    }
  }

  @Timeout(PATIENCE_SECONDS * 2)
  @ParameterizedTest
  @CsvSource({
    "fifo, killed, landlock",
    "fifo, closed, bubblewrap",
    "send, killed, landlock",
    "send, closed, landlock",
    "send, killed, bubblewrap",
    "passing, killed, landlock",
    "passing, closed, landlock",
    "connect, killed, landlock",
    "lock, killed, landlock"
  })
  void waitingCallsFreeTheirResourcesWithTheirCaller(String kind, String end, String backend)
      throws Exception {
    assumeTrue(Files.isExecutable(Path.of(PYTHON)), "the callers need Python");
    SmallJvm.assumeAccepted(backend);
    Path script = Files.writeString(workspace.resolve("callers.py"), CALLERS);
    List<String> said =
        new SmallJvm(Host.class, 64, PATIENCE_SECONDS)
            .run(workspace, backend, script.toString(), kind, end, "20");
    List<String> expected =
        end.equals("killed")
            ? List.of("ready", "calling", "held", "gone", "given back", "closed", "threads 0")
            : List.of("ready", "calling", "held", "closed", "threads 0");
    assertThat(said).isEqualTo(expected);
  }
}
