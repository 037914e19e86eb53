package org.ringfence.windows.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.Termination.Cause;
import org.ringfence.policy.Limits;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.Launch;
import org.ringfence.windows.command.WindowsSession;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.probe.StartupSelfTest;
import org.ringfence.windows.system.PretendingWindows;

/**
 * Starts real processes in real jobs under a real token; under Wine the token restricts nothing.
 */
@EnabledOnOs(value = OS.WINDOWS, disabledReason = "makes real Win32 calls; runs under Wine, too")
class RealLaunchTest {
  @TempDir Path directory;
  final PretendingWindows windows = new PretendingWindows();
  private BackendSession session;

  /**
   * A child that prints its arguments as character codes, so that no console code page changes
   * them.
   */
  static final class Echo {
    private Echo() {}

    public static void main(String[] args) throws IOException {
      if (args[0].equals("stdin")) {
        System.in.transferTo(System.out);
        System.out.flush();
        return;
      }
      StringBuilder text = new StringBuilder();
      for (String word : args) {
        text.append('[');
        word.chars().forEach(c -> text.append(Integer.toHexString(c)).append(' '));
        text.append(']');
      }
      System.out.print(text);
      System.err.print(System.getenv("RINGFENCE_TEST"));
    }
  }

  private static String hexCodes(List<String> words) {
    StringBuilder text = new StringBuilder();
    for (String word : words) {
      text.append('[');
      word.chars().forEach(c -> text.append(Integer.toHexString(c)).append(' '));
      text.append(']');
    }
    return text.toString();
  }

  @BeforeEach
  void open() throws Exception {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().protectedNames(ProtectedNames.OFF).tmp(TmpPolicy.NONE).build(),
            PathContext.current(directory));
    session = session(policy);
  }

  /** Opens the session in which the commands run. */
  BackendSession session(EffectivePolicy policy) throws Exception {
    return new WindowsSandboxes(
            windows, new Installation(directory.resolve("state")), System.getenv())
        .restrictedToken(
            policy, new WindowsFacts(false, List.of(), false, true, ProcessMitigations.USUAL));
  }

  @AfterEach
  void close() {
    session.close();
  }

  private Launch launch(List<String> command, Redirect output, Limits limits) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("RINGFENCE_TEST", "grün");
    return new Launch(
        1,
        command,
        directory,
        CommandEnvironment.of(environment),
        Redirect.PIPE,
        output,
        Redirect.PIPE,
        false,
        limits,
        Optional.empty());
  }

  Launch launch(String... command) {
    return launch(List.of(command), Redirect.PIPE, Limits.NONE);
  }

  SandboxedProcess startInSandbox(List<String> command) throws SandboxException {
    return session.start(launch(command, Redirect.PIPE, Limits.NONE));
  }

  static String classes() {
    URI location =
        URI.create(Echo.class.getProtectionDomain().getCodeSource().getLocation().toString());
    return Path.of(location).toAbsolutePath().toString();
  }

  private static List<String> java(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java.exe").toString(),
                "-Dfile.encoding=UTF-8",
                "-Dsun.stderr.encoding=UTF-8",
                "-cp",
                classes(),
                Echo.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  static String text(InputStream stream) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    stream.transferTo(bytes);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /**
   * The words contain only characters of a code page, because java.exe decodes its command line
   * with one.
   */
  @Test
  void argumentsAndEnvironmentArriveUnchanged() throws Exception {
    List<String> words =
        List.of(
            "",
            "a b",
            "a\\",
            "a b\\",
            "a\\\"b",
            "a\\\\\"b",
            "\"",
            "\\",
            "%PATH%",
            "^",
            "é",
            "tab\there",
            "it's");
    SandboxedProcess process = startInSandbox(java(words.toArray(new String[0])));
    String printed = text(process.getInputStream());
    assertThat(text(process.getErrorStream())).isEqualTo("grün");
    assertThat(printed).isEqualTo(hexCodes(words));
    assertThat(process.waitFor()).isZero();
    assertThat(process.termination().orElseThrow().cause()).isEqualTo(Cause.EXITED);
  }

  @Test
  void largeInputIsEchoedUnchanged() throws Exception {
    byte[] sent = new byte[300_000];
    new java.util.Random(7).nextBytes(sent);
    SandboxedProcess process = startInSandbox(java("stdin"));
    Thread writer =
        new Thread(
            () -> {
              try (var out = process.getOutputStream()) {
                out.write(sent);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    writer.start();
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    process.getInputStream().transferTo(received);
    writer.join();
    assertThat(received.toByteArray()).isEqualTo(sent);
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void outputIsWrittenAndAppendedToAFile() throws Exception {
    Path file = directory.resolve("out.txt");
    List<String> command = List.of("cmd", "/d", "/c", "echo one");
    session.start(launch(command, Redirect.to(file.toFile()), Limits.NONE)).waitFor();
    session.start(launch(command, Redirect.appendTo(file.toFile()), Limits.NONE)).waitFor();
    assertThat(Files.readString(file)).isEqualTo("one\r\none\r\n");
    assertThat(startInSandbox(List.of("cmd", "/d", "/c", "exit 42")).waitFor()).isEqualTo(42);
  }

  @Test
  void batchFileGetsQuotedArgumentsAndUnsafeOnesAreRefused() throws Exception {
    Path batch = directory.resolve("b c.bat");
    Files.writeString(batch, "@echo off\r\necho [%1] [%~2]\r\n");
    SandboxedProcess process = startInSandbox(List.of(batch.toString(), "x & echo pwned", "y"));
    assertThat(text(process.getInputStream())).isEqualTo("[\"x & echo pwned\"] [y]\r\n");
    assertThatThrownBy(() -> startInSandbox(List.of(batch.toString(), "%PATH%")))
        .hasMessageContaining("cmd.exe would interpret");
  }

  @Test
  void processTreeEndsWithTheCommand() throws Exception {
    Path mark = directory.resolve("mark");
    // The command detaches a grandchild that would write a file later.
    SandboxedProcess process =
        startInSandbox(
            List.of(
                "cmd",
                "/d",
                "/c",
                "start /b cmd /d /c \"ping -n 4 127.0.0.1 >nul & echo x >mark\""));
    process.waitFor(60, TimeUnit.SECONDS);
    Thread.sleep(6000);
    assertThat(mark).doesNotExist();
  }

  @Test
  void limitsAndDestroyEndTheCommand() throws Exception {
    Limits brief = SandboxPolicy.builder().wallTime(Duration.ofMillis(300)).build().limits();
    SandboxedProcess slow = session.start(launch(List.of("cmd", "/d"), Redirect.PIPE, brief));
    assertThat(slow.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(slow.termination().orElseThrow().cause()).isEqualTo(Cause.TIMED_OUT);
    SandboxedProcess waiting = startInSandbox(List.of("cmd", "/d"));
    assertThat(waiting.isAlive()).isTrue();
    waiting.destroyForcibly();
    assertThat(waiting.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(waiting.termination().orElseThrow().cause()).isEqualTo(Cause.DESTROYED);
    Limits few = SandboxPolicy.builder().outputBytes(1000).build().limits();
    SandboxedProcess loud =
        session.start(
            launch(
                List.of("cmd", "/d", "/c", "for /l %i in (1,1,100000) do @echo 0123456789"),
                Redirect.PIPE,
                few));
    assertThat(text(loud.getInputStream())).hasSizeLessThanOrEqualTo(1000);
    assertThat(loud.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(loud.termination().orElseThrow().cause()).isEqualTo(Cause.OUTPUT_LIMIT);
  }

  /**
   * The canaries detect a command that nothing confines. A restricted token never denies reading.
   */
  @Test
  void canariesDetectUnconfinedReadsAndWrites() throws Exception {
    StartupSelfTest canary =
        new StartupSelfTest(
            (WindowsSession) session, windows.machine().systemDirectory(), System.getenv());
    assertThat(canary.quickReport().problem()).isEmpty();
    assertThat(canary.reads()).isTrue();
    assertThat(canary.writes()).isEqualTo(windows.machine().version().contains("Wine"));
  }

  @Test
  void programSearchSkipsTheWorkspace() throws Exception {
    Files.copy(
        Path.of(windows.machine().systemDirectory(), "cmd.exe"), directory.resolve("planted.exe"));
    assertThatThrownBy(() -> startInSandbox(List.of("planted")))
        .isInstanceOf(CommandNotFoundException.class);
    // A path names the program explicitly, so it starts.
    assertThat(startInSandbox(List.of(".\\planted.exe", "/d", "/c", "exit 5")).waitFor())
        .isEqualTo(5);
  }

  @Test
  void commandRunsOnAPseudoConsole() throws Exception {
    Launch plain = launch(List.of("cmd", "/d", "/c", "exit 9"), Redirect.PIPE, Limits.NONE);
    SandboxedProcess process =
        session.start(
            new Launch(
                1,
                plain.command(),
                plain.directory(),
                plain.environment(),
                Redirect.PIPE,
                Redirect.PIPE,
                Redirect.PIPE,
                false,
                Limits.NONE,
                Optional.of(new TerminalSize(80, 24))));
    process.resize(new TerminalSize(100, 30));
    Thread reader =
        new Thread(
            () -> {
              try {
                process.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    reader.setDaemon(true);
    reader.start();
    boolean ended = process.waitFor(20, TimeUnit.SECONDS);
    process.destroyForcibly();
    assumeFalse(
        !ended && windows.machine().version().contains("Wine"),
        "Wine's pseudo-console transfers no data");
    assertThat(process.exitValue()).isEqualTo(9);
  }
}
