package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.probe.HostProbe;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.EventSink;

/** Uses abstract sockets with the facts of a Landlock that does not scope them (ABI 5). */
@EnabledOnOs(OS.LINUX)
class UnscopedSocketsTest {
  private static final String PYTHON = "/usr/bin/python3";

  /** Binds sockets of the three kinds, and answers a line with its own lines. */
  private static final String SERVERS =
      """
      import socket, sys
      kept = {}
      def bind(kind, name):
        one = socket.socket(socket.AF_UNIX, kind); one.bind(name)
        if kind != socket.SOCK_DGRAM: one.listen(9)
        kept[name] = one
      KINDS = {'s': socket.SOCK_STREAM, 'd': socket.SOCK_DGRAM, 'q': socket.SOCK_SEQPACKET}
      def serve(token):
        for kind in KINDS: bind(KINDS[kind], '\\0' + token + kind)
      """;

  /** Reaches a socket of each kind by each call that takes an address. */
  private static final String CLIENT =
      """
      import ctypes, errno, os, platform, struct
      libc = ctypes.CDLL(None, use_errno=True)
      SENDMMSG = 269 if platform.machine() == 'aarch64' else 307
      def tried(action):
        try: action()
        except OSError as e: return errno.errorcode[e.errno]
        return 'OK'
      def mmsg(one, name):
        address = struct.pack('H', socket.AF_UNIX) + name.encode()
        a = ctypes.create_string_buffer(address, len(address)); text = ctypes.create_string_buffer(b'x', 1)
        vector = ctypes.create_string_buffer(struct.pack('QQ', ctypes.addressof(text), 1))
        header = ctypes.create_string_buffer(struct.pack('QIxxxxQQQQixxxxQ', ctypes.addressof(a), len(address), ctypes.addressof(vector), 1, 0, 0, 0, 0))
        if libc.syscall(ctypes.c_long(SENDMMSG), one.fileno(), header, 1, 0) < 0: raise OSError(ctypes.get_errno(), '')
      def reach(token):
        results = []
        for kind in KINDS:
          name = '\\0' + token + kind
          new = lambda: socket.socket(socket.AF_UNIX, KINDS[kind])
          results.append(tried(lambda: new().connect(name)))
          if kind == 'd':
            results.append(tried(lambda: new().sendto(b'x', name)))
            results.append(tried(lambda: new().sendmsg([b'x'], [], 0, name)))
            results.append(tried(lambda: mmsg(new(), name)))
        return ' '.join(results)
      """;

  private static final String OUTSIDE =
      SERVERS
          + CLIENT
          + """
          serve(sys.argv[1]); print(reach(sys.argv[1]), flush=True)
          for line in sys.stdin: serve(line.strip()); print('bound', flush=True)
          """;

  private static final String INSIDE =
      SERVERS
          + CLIENT
          + """
          own = sys.argv[1] + 'own'
          print(reach(sys.argv[1]), flush=True)
          serve(own); print(reach(own), flush=True)
          for one in kept.values(): one.close()
          print('closed', flush=True); sys.stdin.readline()
          print(reach(own), flush=True)
          """;

  private static final String REACHED = "OK OK OK OK OK OK";

  @TempDir private Path workspace;

  @Test
  void commandReachesAbstractSocketsOfItsSandboxAlone() throws Exception {
    assumeTrue(Files.isExecutable(Path.of(PYTHON)), "there is no Python");
    HostFacts facts = HostProbe.probe(Arch.current().orElseThrow()).atMost(5);
    assumeTrue(facts.abi().version() > 0, "there is no Landlock");
    String token = "ringfence-" + System.nanoTime();
    EffectivePolicy policy =
        EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current(workspace));
    Process outside =
        new ProcessBuilder(PYTHON, "-c", OUTSIDE, token).redirectError(Redirect.INHERIT).start();
    try (LinuxSession session =
            LinuxSession.open(
                new Kernel(facts.arch().orElseThrow()), facts, policy, EventSink.NONE);
        BufferedReader control = outside.inputReader();
        PrintStream order = new PrintStream(outside.getOutputStream(), true)) {
      // The control: the process outside reaches its own sockets by each of these calls.
      assertThat(control.readLine()).isEqualTo(REACHED);
      SandboxedProcess command =
          session.start(UnscopedSignalsTest.launch(workspace, INSIDE, token));
      BufferedReader said = command.inputReader();
      assertThat(said.readLine().split(" ")).hasSize(6).containsOnly("EACCES");
      assertThat(said.readLine()).isEqualTo(REACHED);
      assertThat(said.readLine()).isEqualTo("closed");
      // A permission ends with its socket: the name is another program's now.
      order.println(token + "own");
      assertThat(control.readLine()).isEqualTo("bound");
      new PrintStream(command.getOutputStream(), true).println("go");
      assertThat(said.readLine().split(" ")).hasSize(6).containsOnly("EACCES");
      assertThat(command.waitFor()).isZero();
    } finally {
      outside.destroyForcibly();
    }
  }
}
