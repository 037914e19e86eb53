package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.ProcessGrant;
import org.ringfence.spi.SandboxBackend;

/** Runs agents for keys, terminals, a browser and debuggers under workspace-write. */
class RealToolsTest {
  private Path base;
  private Path workspace;
  private Path outside;

  @BeforeEach
  void prepareDirectories() throws IOException {
    // Short, since the agents' sockets lie below it.
    base = Files.createTempDirectory(Path.of("/var/tmp"), "rf-").toRealPath();
    workspace = Files.createDirectory(base.resolve("workspace"));
    outside = Files.createDirectory(base.resolve("outside"));
  }

  @AfterEach
  void deleteDirectories() throws IOException {
    PosixFixture.deleteTree(base);
  }

  private static void assumeInstalled(String... programs) {
    for (String program : programs) {
      boolean found =
          Stream.of(System.getenv("PATH").split(":"))
              .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
      assumeTrue(found, program + " is not installed");
    }
  }

  /** Runs a script and returns its output; right after it the same shell fails to write outside. */
  private String run(String backend, String script) throws Exception {
    return run(Presets.load("workspace-write"), backend, script);
  }

  private String run(SandboxPolicy policy, String backend, String script) throws Exception {
    SandboxBackend named =
        backend.equals("landlock") ? new LandlockBackend() : new BubblewrapBackend();
    assumeTrue(
        named.plan(EffectivePolicy.of(policy, PathContext.current())).acceptable(),
        () -> backend + " does not hold the policy here");
    try (Sandbox sandbox = Sandbox.opener(policy).workspace(workspace).backend(backend).open()) {
      Process process =
          sandbox.start(
              SandboxCommand.of(
                      "/bin/bash", "-c", "set -e\n" + script + "\n! echo x >\"$OUTSIDE/written\"")
                  .redirectErrorStream(true)
                  .environment("OUTSIDE", outside.toString())
                  .timeout(Duration.ofMinutes(3)));
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes());
      assertThat(process.waitFor()).as(output).isZero();
      assertThat(outside).isEmptyDirectory();
      return output;
    }
  }

  private void makeRepository() throws Exception {
    assertThat(
            new ProcessBuilder("git", "init", "-q", workspace.resolve("project").toString())
                .start()
                .waitFor())
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void gpgSignsCommitsWithItsAgent(String backend) throws Exception {
    assumeInstalled("git", "gpg", "gpg-agent");
    makeRepository();
    String output =
        run(
            backend,
            """
            export HOME=$PWD GNUPGHOME=$PWD/g
            mkdir -m 700 g
            trap 'gpgconf --kill all' EXIT
            gpg --batch --quiet --passphrase '' --quick-generate-key 'F <f@example.org>' ed25519 sign
            cd project
            git -c user.name=F -c user.email=f@example.org commit -q --allow-empty -S -m signed
            git log -1 --format=verdict-%G?
            """);
    assertThat(output).contains("verdict-G").doesNotContain("not permitted");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void sshSignsCommitsWithItsAgent(String backend) throws Exception {
    assumeInstalled("git", "ssh-keygen", "ssh-agent", "ssh-add");
    makeRepository();
    String output =
        run(
            backend,
            """
            export HOME=$PWD
            ssh-keygen -q -t ed25519 -N '' -f key
            eval "$(ssh-agent -s -a "$PWD/agent.sock")"
            trap 'kill $SSH_AGENT_PID' EXIT
            ssh-add -q key
            rm key
            echo "f@example.org $(cut -d' ' -f1,2 key.pub)" >signers
            cd project
            git -c user.name=F -c user.email=f@example.org -c gpg.format=ssh \\
              -c user.signingkey="$PWD/../key.pub" commit -q --allow-empty -S -m signed
            git -c gpg.ssh.allowedSignersFile="$PWD/../signers" log -1 --format=verdict-%G?
            """);
    assertThat(output).contains("verdict-G");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void zshHasHereDocumentsAndFilesOfOutput(String backend) throws Exception {
    assumeInstalled("zsh");
    String output =
        run(
            backend,
            """
            zsh -f -e <<'SCRIPT'
            cat <<END
            document
            END
            cat <<< string
            cmp =(echo same) =(echo same)
            cat <(echo process)
            SCRIPT
            """);
    assertThat(output).contains("document\n", "string\n", "process\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void tmuxKeepsASession(String backend) throws Exception {
    assumeInstalled("tmux");
    String output =
        run(
            backend,
            """
            tmux -f /dev/null new-session -d -s kept 'tty >seen; tmux wait-for -S done; sleep 60'
            tmux wait-for done
            tmux list-sessions -F 'session-#S'
            tmux kill-server
            cat seen
            """);
    assertThat(output).contains("session-kept", "/dev/pts/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void scriptGivesATerminal(String backend) throws Exception {
    assumeInstalled("script");
    assertThat(run(backend, "script -qec 'test -t 0 && echo on-a-terminal' /dev/null"))
        .contains("on-a-terminal");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void expectTalksToAProgram(String backend) throws Exception {
    assumeInstalled("expect");
    Files.writeString(
        workspace.resolve("talk"),
        """
        set timeout 60
        spawn sh -c {printf name:; read name; test -t 0 && echo "hello $name"}
        expect name: {send "fence\\r"} timeout {exit 1}
        expect "hello fence" {exit 0} timeout {exit 2}
        """);
    run(backend, "expect talk");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void chromiumPrintsAPageAndTakesAScreenshot(String backend) throws Exception {
    assumeTrue(
        Boolean.getBoolean("ringfence.test.full"), "a browser takes long: only with .ci/full");
    assumeInstalled("chromium-headless-shell");
    Files.writeString(
        workspace.resolve("page.html"),
        "<p id=x>before</p><script>x.textContent = 'drawn ' + 6 * 7</script>");
    String output =
        run(
            backend,
            """
            export HOME=$PWD/home
            mkdir home
            page() {
              chromium-headless-shell --no-sandbox --disable-gpu --user-data-dir="$HOME/profile" \\
                "$@" "file://$PWD/page.html"
            }
            page --dump-dom
            page --screenshot="$PWD/shot.png"
            """);
    assertThat(output).contains("drawn 42");
    assertThat(Files.readAllBytes(workspace.resolve("shot.png"))).startsWith(0x89, 'P', 'N', 'G');
  }

  private static SandboxPolicy tracing() {
    return Presets.load("workspace-write").toBuilder().allow(ProcessGrant.PTRACE).build();
  }

  @Test
  void gdbStopsAtABreakpoint() throws Exception {
    assumeInstalled("gdb", "gcc");
    assertThat(
            run(
                tracing(),
                "bubblewrap",
                """
                echo 'int twice(int x) { return 2 * x; } int main(void) { return twice(21) - 42; }' >a.c
                gcc -g -o a a.c
                gdb -batch -nx -ex 'break twice' -ex run -ex 'print x' -ex finish -ex continue ./a
                """))
        .contains("$1 = 21", "Value returned is $2 = 42", "exited normally");
  }

  @Test
  void straceFollowsChildren() throws Exception {
    assumeInstalled("strace");
    assertThat(
            run(
                tracing(),
                "bubblewrap",
                "strace -f -e trace=execve -o calls sh -c 'cat /dev/null; true'; cat calls"))
        .contains("/dev/null", "exited with 0");
  }

  @Test
  void leakSanitizerFindsALeak() throws Exception {
    assumeInstalled("gcc");
    assertThat(
            run(
                tracing(),
                "bubblewrap",
                """
                echo '#include <stdlib.h>
                int main(void) { char *volatile p = malloc(77); p = 0; return 0; }' >a.c
                gcc -fsanitize=address -o a a.c
                ./a 2>&1 || true
                """))
        .contains("77 byte(s) leaked");
  }
}
