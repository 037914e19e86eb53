package org.ringfence.linux.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/**
 * Checks that a connection to a file that is not a unix socket, or to one that no process has open,
 * fails with the same error as outside.
 */
class ConnectToNoSocketTest {
  private static final String SCRIPT =
      "use Errno; use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0) or die;"
          + " for my $name (@ARGV) {"
          + " connect(S, pack_sockaddr_un($name)) and die 'connected';"
          + " print grep { $!{$_} } qw(ECONNREFUSED EACCES ENOENT); print ' ' }";

  // The first file is left by a process outside, the second by one inside.
  private static final String LEFT_OVER =
      "use Errno; use Socket; for my $kind (SOCK_STREAM, SOCK_DGRAM) {"
          + " my $name = $ENV{TMPDIR} . '/inside' . $kind; unlink $name;"
          + " socket(L, AF_UNIX, $kind, 0) and bind(L, pack_sockaddr_un($name)) or die;"
          + " $kind == SOCK_DGRAM or listen(L, 1) or die;"
          + " socket(S, AF_UNIX, $kind, 0) or die;"
          + " connect(S, pack_sockaddr_un($name)) or die \"not connected: $!\";"
          + " close S; close L;"
          + " for my $left ('outside', $name) { socket(S, AF_UNIX, $kind, 0) or die;"
          + " connect(S, pack_sockaddr_un($left)) and die 'connected';"
          + " print grep { $!{$_} } qw(ECONNREFUSED EACCES ENOENT EPROTOTYPE); print ' ' } }";

  @TempDir private Path workspace;

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void connectToAFileFailsWithTheKernelsError(String backend) throws Exception {
    assumeAble(backend);
    Files.writeString(workspace.resolve("file"), "");
    Files.createDirectory(workspace.resolve("directory"));
    check(
        backend,
        "ECONNREFUSED ECONNREFUSED ENOENT ",
        "/usr/bin/perl",
        "-e",
        SCRIPT,
        "file",
        "directory",
        "absent");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void connectToALeftOverSocketIsRefusedByNobody(String backend) throws Exception {
    assumeAble(backend);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(workspace.resolve("outside")));
    }
    check(
        backend,
        "ECONNREFUSED ECONNREFUSED ECONNREFUSED ECONNREFUSED ",
        "/usr/bin/perl",
        "-e",
        LEFT_OVER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void connectToASocketOfAnOutsideProcessIsDenied(String backend) throws Exception {
    assumeAble(backend);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(workspace.resolve("served")));
      assertThat(inside(backend, "/usr/bin/perl", "-e", SCRIPT, "served")).isEqualTo("EACCES ");
    }
  }

  private static void assumeAble(String backend) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "the client needs perl");
    var plan =
        (backend.equals("landlock") ? new LandlockBackend() : new BubblewrapBackend())
            .plan(EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current()));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.unmet());
  }

  private void check(String backend, String expected, String... command) throws Exception {
    ProcessBuilder outside = new ProcessBuilder(command).directory(workspace.toFile());
    outside.environment().put("TMPDIR", workspace.toString());
    assertThat(read(outside.start())).isEqualTo(expected);
    assertThat(inside(backend, command)).isEqualTo(expected);
  }

  private String inside(String backend, String... command) throws Exception {
    try (Sandbox sandbox =
        Sandbox.opener(Presets.load("workspace-write"))
            .workspace(workspace)
            .backend(backend)
            .open()) {
      return read(sandbox.start(SandboxCommand.of(command)));
    }
  }

  private static String read(Process process) throws Exception {
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    process.waitFor();
    return output;
  }
}
