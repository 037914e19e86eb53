package org.ringfence.linux.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/**
 * Checks that a connection to a file that is not a unix socket fails with the same error as
 * outside.
 */
class ConnectToNoSocketTest {
  private static final String SCRIPT =
      "use Errno; use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0) or die;"
          + " for my $name (@ARGV) {"
          + " connect(S, pack_sockaddr_un($name)) and die 'connected';"
          + " print grep { $!{$_} } qw(ECONNREFUSED EACCES ENOENT); print ' ' }";

  @TempDir private Path workspace;

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void connectToAFileFailsWithTheKernelsError(String backend) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "the client needs perl");
    var plan =
        (backend.equals("landlock") ? new LandlockBackend() : new BubblewrapBackend())
            .plan(EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current()));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.unmet());
    Files.writeString(workspace.resolve("file"), "");
    Files.createDirectory(workspace.resolve("directory"));
    String[] command = {"/usr/bin/perl", "-e", SCRIPT, "file", "directory", "absent"};
    Process outside = new ProcessBuilder(command).directory(workspace.toFile()).start();
    String expected = read(outside);
    assertThat(expected).isEqualTo("ECONNREFUSED ECONNREFUSED ENOENT ");
    try (Sandbox sandbox =
        Sandbox.opener(Presets.load("workspace-write"))
            .workspace(workspace)
            .backend(backend)
            .open()) {
      SandboxedProcess inside = sandbox.start(SandboxCommand.of(command));
      assertThat(read(inside)).isEqualTo(expected);
    }
  }

  private static String read(Process process) throws Exception {
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    process.waitFor();
    return output;
  }
}
