package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Sandbox;
import org.ringfence.SandboxRefusedException;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.Presets;

/**
 * Opens sandboxes in a JVM that is behind a seccomp listener already, as every process of WSL2 is
 * with {@code networkingMode=mirrored}. A process has one listener at most, so that Ringfence has
 * no supervisor there.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "a seccomp listener")
class ForeignListenerTest {
  private static final Path PROGRAM = Path.of("src", "test", "seccomp", "foreign-listener.py");

  @TempDir private Path directory;
  private Path workspace;

  /** Opens sandboxes, and prints a line for each observation. */
  static final class Inside {
    private Inside() {}

    private static String run(Sandbox sandbox, String script) throws Exception {
      return sandbox.command("/bin/sh", "-c", script).run().stdout().text().strip();
    }

    public static void main(String[] arguments) throws Exception {
      Path workspace = Path.of(arguments[0]);
      SandboxPolicy usual = Presets.load("workspace-write");
      for (String backend : List.of("bubblewrap", "landlock")) {
        try (Sandbox sandbox = Sandbox.opener(usual).workspace(workspace).backend(backend).open()) {
          System.out.println(backend + " opened " + sandbox.plan().unmet());
        } catch (SandboxRefusedException e) {
          System.out.println(backend + " refused " + e.getMessage().replace('\n', ' '));
        }
      }
      PolicyBuilder weaker = usual.toBuilder().protectedNames(ProtectedNames.EXISTING);
      if ("root".equals(System.getProperty("user.name"))) {
        // Root owns the devices.
        weaker = weaker.acceptWeaker(Guarantee.FILES_METADATA);
      }
      SandboxPolicy existing = weaker.build();
      try (Sandbox sandbox =
          Sandbox.opener(existing).workspace(workspace).backend("bubblewrap").open()) {
        System.out.println("inside " + run(sandbox, "echo made > made; cat made"));
        run(sandbox, "echo x > ../outside; echo x >> .git/config; touch .git/hooks/post-commit");
        run(sandbox, "echo x > .envrc");
        System.out.println(
            "loopback "
                + run(
                    sandbox,
                    "python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 0));"
                        + " c = socket.create_connection(s.getsockname()); c.send(b\"x\");"
                        + " print(s.accept()[0].recv(1))'"));
        System.out.println(
            "unix "
                + run(
                    sandbox,
                    "python3 -c 'import socket; socket.socketpair(); print(\"pair\");"
                        + " socket.socket(socket.AF_UNIX)' 2>/dev/null"));
        System.out.println("mode " + run(sandbox, "chmod 600 made && stat -c %a made"));
      }
      System.exit(0);
    }
  }

  @BeforeEach
  void prepare() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "bubblewrap is not installed");
    workspace = Files.createDirectory(directory.resolve("workspace"));
    Files.createDirectories(workspace.resolve(".git/hooks"));
    Files.writeString(workspace.resolve(".git/config"), "[core]\n");
  }

  private List<String> run(boolean foreign) throws Exception {
    List<String> command = new ArrayList<>();
    if (foreign) {
      command.addAll(List.of("python3", PROGRAM.toAbsolutePath().toString()));
    }
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Inside.class.getName(),
            workspace.toString()));
    Path output = directory.resolve("output");
    Process jvm =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    jvm.getOutputStream().close();
    assertThat(jvm.waitFor(3, TimeUnit.MINUTES)).isTrue();
    List<String> lines = Files.readAllLines(output);
    assertThat(jvm.exitValue()).as("%s", lines).isZero();
    return lines;
  }

  @Test
  void usualPolicyRunsAtTheLevelExistingWhereAnotherHasTheListener() throws Exception {
    List<String> lines = run(true);
    assertThat(lines)
        .anyMatch(line -> line.startsWith("bubblewrap refused") && line.contains("listener"))
        .anyMatch(line -> line.startsWith("landlock refused") && line.contains("listener"))
        .contains("inside made", "loopback b'x'", "unix pair", "mode 600");
    assertThat(workspace.resolveSibling("outside")).doesNotExist();
    assertThat(workspace.resolve(".git/config")).hasContent("[core]\n");
    assertThat(workspace.resolve(".git/hooks/post-commit")).doesNotExist();
    assertThat(workspace.resolve(".envrc")).as("moved out of the tree").doesNotExist();
  }

  @Test
  void controlOpensEachBackendWithoutAnotherListener() throws Exception {
    assertThat(run(false))
        .contains("bubblewrap opened []", "landlock opened []", "inside made", "mode 600");
  }
}
