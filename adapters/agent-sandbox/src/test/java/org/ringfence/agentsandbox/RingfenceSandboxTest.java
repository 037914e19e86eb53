package org.ringfence.agentsandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxedProcess;
import org.ringfence.policy.json.Presets;
import org.springaicommunity.sandbox.ExecResult;
import org.springaicommunity.sandbox.ExecSpec;
import org.springaicommunity.sandbox.FileEntry;
import org.springaicommunity.sandbox.FileSpec;
import org.springaicommunity.sandbox.LocalSandbox;
import org.springaicommunity.sandbox.Sandbox;
import org.springaicommunity.sandbox.SandboxException;
import org.springaicommunity.sandbox.TimeoutException;

/** The sandbox of the library that isolates nothing is the control. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
@Timeout(300)
class RingfenceSandboxTest {
  @TempDir Path workspace;
  @TempDir Path controlled;
  @TempDir Path outside;

  private Sandbox open(String backend) throws IOException {
    assumeTrue(Backends.load().byId(backend).probe().usable(), () -> backend + " cannot run here");
    return new RingfenceSandbox(
        org.ringfence.Sandbox.opener(Presets.workspaceWrite())
            .workspace(workspace)
            .backend(backend)
            .open());
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void commandsAndFilesBehaveAsInTheLibrarysOwnSandbox(String backend) throws IOException {
    try (Sandbox sandbox = open(backend);
        Sandbox control = new LocalSandbox(controlled)) {
      for (Sandbox each : List.of(control, sandbox)) {
        ExecResult result =
            each.exec(
                ExecSpec.builder()
                    .shellCommand("pwd; echo \"$GIVEN_TOKEN\"; echo err >&2; exit 3")
                    .env("GIVEN_TOKEN", "value")
                    .timeout(Duration.ofMinutes(1))
                    .build());
        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(result.stdout()).isEqualTo(each.workDir().toRealPath() + "\nvalue\n");
        assertThat(result.stderr()).isEqualTo("err\n");
        assertThat(result.duration()).isPositive();

        each.files()
            .setup(List.of(FileSpec.of("a/b/c.txt", "text\n"), FileSpec.of("-top", "1")))
            .createDirectory("a/empty");
        assertThat(each.files().read("a/b/c.txt")).isEqualTo("text\n");
        assertThat(each.files().read("-top")).isEqualTo("1");
        assertThat(each.files().exists("a")).isTrue();
        assertThat(each.files().exists("missing")).isFalse();
        assertThat(each.files().list("."))
            .extracting(FileEntry::path, FileEntry::isDirectory)
            .containsExactlyInAnyOrder(tuple("a", true), tuple("-top", false));
        assertThat(each.files().list("a", 2))
            .extracting(FileEntry::name, FileEntry::path)
            .containsExactlyInAnyOrder(
                tuple("b", "a/b"), tuple("c.txt", "a/b/c.txt"), tuple("empty", "a/empty"));
        FileEntry file = each.files().list("a/b").get(0);
        assertThat(file.size()).isEqualTo(5);
        assertThat(file.modifiedTime().getEpochSecond())
            .isEqualTo(
                Files.getLastModifiedTime(each.workDir().resolve("a/b/c.txt"))
                    .toInstant()
                    .getEpochSecond());
        assertThatThrownBy(() -> each.files().delete("a")).isInstanceOf(SandboxException.class);
        assertThat(each.files().delete("a", true).exists("a")).isFalse();
        assertThat(each.files().delete("-top").and()).isSameAs(each);
        for (String missing : List.of("missing", "a/b")) {
          assertThatThrownBy(() -> each.files().read(missing)).isInstanceOf(SandboxException.class);
          assertThatThrownBy(() -> each.files().list(missing)).isInstanceOf(SandboxException.class);
          assertThatThrownBy(() -> each.files().delete(missing, true))
              .isInstanceOf(SandboxException.class);
        }
        assertThat(each.workDir()).isEmptyDirectory();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void nothingOutsideIsWrittenByACommandOrThroughALinkThatItMade(String backend)
      throws IOException {
    try (Sandbox sandbox = open(backend);
        Sandbox control = new LocalSandbox(controlled)) {
      for (Sandbox each : List.of(sandbox, control)) {
        boolean confined = each == sandbox;
        ExecResult result =
            each.exec(
                ExecSpec.of(
                    "sh", "-c", "ln -s \"$0\" way; echo out >\"$0/command\"", outside.toString()));
        assertThat(result.failed()).isEqualTo(confined);
        if (confined) {
          assertThatThrownBy(() -> each.files().create("way/file", "out"))
              .isInstanceOf(SandboxException.class);
          assertThat(outside).isEmptyDirectory();
        } else {
          each.files().create("way/file", "out");
          assertThat(outside.resolve("file")).hasContent("out");
          assertThat(outside.resolve("command")).hasContent("out");
        }
        Files.delete(each.workDir().resolve("way"));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void aTimeoutIsAnExceptionOfTheLibraryWithItsCause(String backend) throws IOException {
    try (Sandbox sandbox = open(backend);
        Sandbox control = new LocalSandbox(controlled)) {
      for (Sandbox each : List.of(sandbox, control)) {
        ExecSpec spec =
            ExecSpec.builder().command("sleep", "1000").timeout(Duration.ofMillis(300)).build();
        assertThatThrownBy(() -> each.exec(spec))
            .isInstanceOf(SandboxException.class)
            .hasMessage("Command timed out")
            .hasCauseInstanceOf(TimeoutException.class);
      }
    }
  }

  @Test
  void aMissingProgramTooMuchOutputAndAClosedSandboxAreExceptions() throws Exception {
    Sandbox sandbox = open("landlock");
    try (sandbox) {
      assertThatThrownBy(() -> sandbox.exec(ExecSpec.of("no-such-program")))
          .isInstanceOf(SandboxException.class)
          .hasCauseInstanceOf(CommandNotFoundException.class);
      assertThatThrownBy(() -> sandbox.exec(ExecSpec.of("head", "-c", "10485761", "/dev/zero")))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("10485761 bytes");
      assertThat(sandbox.exec(ExecSpec.of("sh", "-c", "kill -9 $$")).exitCode()).isEqualTo(137);
      assertThat(sandbox.isClosed()).isFalse();
      Process process = sandbox.startInteractive(ExecSpec.of("cat"));
      assertThat(process).isInstanceOf(SandboxedProcess.class);
      try (OutputStream input = process.getOutputStream()) {
        input.write('x');
      }
      assertThat(process.getInputStream().readAllBytes()).containsExactly('x');
      assertThat(process.waitFor()).isZero();
    }
    assertThat(sandbox.isClosed()).isTrue();
    assertThatThrownBy(() -> sandbox.exec(ExecSpec.of("true")))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theExampleOfReadmeRuns() throws Exception {
    open("landlock").close();
    assertThat(AgentSandboxReadme.run(workspace)).isEqualTo("hello\n");
    String page = Files.readString(Path.of("README.md"));
    String source =
        Files.readString(
            Path.of("src/test/java/org/ringfence/agentsandbox/AgentSandboxReadme.java"));
    String example = page.substring(page.indexOf("```java\n") + 8, page.indexOf("\n```\n"));
    assertThat(source.replaceAll("(?m)^    ", "")).contains(example);
  }
}
