package org.ringfence.linux.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** Checks that waiting calls leave descriptors of the JVM to other calls, however many wait. */
class WaitingBoundTest {
  private static final int PATIENCE_SECONDS = 120;
  private static final String PYTHON = "/usr/bin/python3";

  /**
   * Starts many waiting calls, each of which could hold one descriptor or 200, and then makes other
   * calls.
   */
  private static final String CALLERS =
      """
      import array, errno, os, signal, socket, subprocess, sys, threading
      kind = sys.argv[1]
      refused, lock, begun = [], threading.Lock(), threading.Semaphore(0)
      server = socket.socket()
      server.bind(("127.0.0.1", 0))
      server.listen(0)
      def connect():
          s = socket.socket()
          s.connect(server.getsockname())
      def passing():
          a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
          a.setblocking(False)
          try:
              while True: a.send(b"x" * 4096)
          except BlockingIOError:
              pass
          a.setblocking(True)
          a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [2] * 200))])
      def call():
          begun.release()
          try:
              connect() if kind == "connect" else passing()
          except OSError as e:
              with lock: refused.append(e.errno)
      n = 400 if kind == "connect" else 40
      for i in range(n):
          t = threading.Thread(target=call)
          t.daemon = True
          t.start()
      for i in range(n): begun.acquire()
      # Calls are answered in the order in which they come; each of these needs descriptors.
      failed = []
      for i in range(n):
          try:
              os.mkdir("made")
              os.rmdir("made")
              open("file", "w").close()
              socket.socket().close()
          except OSError as e:
              failed.append(e.strerror)
      subprocess.run(["true"], check=True)
      with lock:
          print("failed", failed[:3])
          print("refused", sorted(set(errno.errorcode[e] for e in refused)))
          sys.stdout.flush()
      os.kill(os.getpid(), signal.SIGKILL)
      """;

  @TempDir private Path workspace;

  /** The program of a JVM with few descriptors. */
  public static final class Host {
    private Host() {}

    /** Takes the workspace, the script and the kind of call. */
    public static void main(String[] args) throws Exception {
      try (Sandbox sandbox =
          Sandbox.opener(Presets.load("workspace-write"))
              .workspace(Path.of(args[0]))
              .backend("landlock")
              .open()) {
        SandboxedProcess process = sandbox.start(SandboxCommand.of(PYTHON, args[1], args[2]));
        process.getOutputStream().close();
        process.getInputStream().transferTo(System.out);
        process.getErrorStream().transferTo(System.out);
        process.waitFor();
      }
      System.exit(0);
    }
  }

  @Timeout(PATIENCE_SECONDS * 2)
  @ParameterizedTest
  @ValueSource(strings = {"connect", "passing"})
  void otherCallsSucceedWhileManyCallsWait(String kind) throws Exception {
    assumeTrue(Files.isExecutable(Path.of(PYTHON)), "the callers need Python");
    var plan =
        new LandlockBackend()
            .plan(EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current()));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.unmet());
    Path script = Files.writeString(workspace.resolve("callers.py"), CALLERS);
    Process jvm =
        new ProcessBuilder(
                "sh",
                "-c",
                "ulimit -n 512 && exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Host.class.getName(),
                workspace.toString(),
                script.toString(),
                kind)
            .redirectErrorStream(true)
            .start();
    try {
      String said = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(jvm.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(said)
          .contains("failed []")
          .contains(kind.equals("connect") ? "refused ['EAGAIN']" : "refused []");
    } finally {
      jvm.destroyForcibly().waitFor();
    }
  }
}
