package org.ringfence.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.cli.Main;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** Starts {@code ringfence run} on a terminal that script(1) creates. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "script(1) has other options on other systems")
class CallerTerminalTest {
  private static final Path SCRIPT = Path.of("/usr/bin/script");

  /**
   * Sets modes of the terminal that no shell sets. The function {@code changed} waits until they
   * have changed.
   */
  private static final String HEAD =
      """
      stty rows 33 cols 111 -hupcl ixany iuclc eol x speed 9600 >/dev/null
      tty=$(tty)
      before=$(stty -g)
      changed() { until [ -e up ] && [ "$(stty -g <"$tty")" != "$before" ]; do sleep 0.05; done; }
      """;

  private static final String FOOT =
      """
      echo "exit $?"
      if [ "$(stty -g)" = "$before" ]; then echo as before; else stty -g; echo "$before"; fi
      """;

  @TempDir private Path workspace;
  private Process terminal;
  private String shown = "";

  @BeforeEach
  void assumeTerminalAndBackend() throws Exception {
    assumeTrue(Files.isExecutable(SCRIPT), "script(1) is missing");
    var plan =
        Backends.load()
            .byId("landlock")
            .plan(
                EffectivePolicy.of(
                    Presets.load("workspace-write"), PathContext.current(workspace)));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.availability().reasons());
  }

  @AfterEach
  void end() {
    if (terminal != null) {
      terminal.descendants().forEach(ProcessHandle::destroyForcibly);
      terminal.destroyForcibly();
    }
  }

  /**
   * Returns a shell line that starts the command line interface and writes its process id to a
   * file.
   */
  private static String ringfence(String arguments) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= 22) {
      words.add("--enable-native-access=ALL-UNNAMED");
    }
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    StringBuilder line = new StringBuilder("sh -c 'echo $$ >number; exec \"$@\"' ringfence");
    words.forEach(word -> line.append(" '").append(word).append('\''));
    return line + " " + arguments + "\n";
  }

  private void start(String lines) throws IOException {
    Path file = workspace.resolve("lines");
    Files.writeString(file, lines);
    terminal =
        new ProcessBuilder(SCRIPT.toString(), "-qefc", "sh lines", "/dev/null")
            .directory(workspace.toFile())
            .redirectErrorStream(true)
            .start();
  }

  private void awaitShown(String text) throws IOException {
    InputStream in = terminal.getInputStream();
    byte[] buffer = new byte[8192];
    for (int count = 0; count >= 0; count = shown.contains(text) ? -1 : in.read(buffer)) {
      shown += new String(buffer, 0, count, StandardCharsets.UTF_8);
    }
    assertThat(shown).contains(text);
  }

  private String rest() throws IOException, InterruptedException {
    shown += new String(terminal.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(terminal.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return shown;
  }

  @ParameterizedTest
  @CsvSource({
    "-- sh -c 'touch up; exit 7', 7",
    "-- sh -c 'kill -9 $$', 137",
    "--timeout 1s -- sleep 1000, 143",
    "--deny /etc --backend landlock -- true, 126",
    "-- no-such-program, 127"
  })
  void terminalIsRestoredHoweverTheCommandEnds(String arguments, int exit) throws Exception {
    start(HEAD + ringfence("run --tty " + arguments) + FOOT);
    assertThat(rest()).contains("exit " + exit, "as before").doesNotContain("WARNING");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT", "HUP"})
  void terminalIsRestoredWhenASignalEndsRingfence(String signal) throws Exception {
    start(
        HEAD
            + "{ changed; echo raw >>seen; kill -"
            + signal
            + " $(cat number); } &\n"
            + ringfence("run --tty -- sh -c 'touch up; exec sleep 1000'")
            + FOOT);
    int number = signal.equals("TERM") ? 143 : signal.equals("INT") ? 130 : 129;
    assertThat(rest()).contains("exit " + number, "as before");
    assertThat(workspace.resolve("seen")).hasContent("raw");
  }

  @Test
  void commandSeesTerminalSizeAndItsChange() throws Exception {
    String command =
        "'stty size; trap \"stty size; exit 4\" WINCH; touch up; while :; do sleep 0.05; done'";
    start(
        HEAD
            + "{ changed; stty rows 40 cols 90 <\"$tty\"; } &\n"
            + ringfence("run --tty -- sh -c " + command)
            + FOOT);
    assertThat(rest()).contains("33 111", "40 90", "exit 4", "as before");
  }

  @Test
  void keyboardInterruptReachesTheCommand() throws Exception {
    String command =
        "'trap \"echo interrupted; exit 5\" INT; echo re\"\"ady; while :; do sleep 0.05; done'";
    start(HEAD + ringfence("run --tty -- sh -c " + command) + FOOT);
    awaitShown("ready");
    terminal.getOutputStream().write(3);
    terminal.getOutputStream().flush();
    assertThat(rest()).contains("interrupted", "exit 5", "as before");
  }

  @Test
  void redirectedOutputDoesNotGoToTheTerminal() throws Exception {
    start(HEAD + ringfence("run --tty -- sh -c 'stty size; exit 6' >out 2>err") + FOOT);
    assertThat(rest()).contains("exit 6", "as before");
    assertThat(workspace.resolve("out")).content().startsWith("33 111");
    assertThat(workspace.resolve("err")).isEmptyFile();
  }

  @Test
  void refusalIsWrappedToTerminalWidth() throws Exception {
    start("stty rows 30 cols 50\n" + ringfence("run --backend landlock --deny /etc -- true"));
    List<String> lines = rest().lines().toList();
    assertThat(lines).hasSizeGreaterThan(2).allMatch(line -> line.length() <= 50);
  }

  @Test
  void terminalLibraryIsLoadedOnlyForTty() throws Exception {
    String loaded = "JDK_JAVA_OPTIONS=-Xlog:class+load:file=classes ";
    start(loaded + ringfence("run -- true"));
    rest();
    assertThat(workspace.resolve("classes"))
        .content()
        .contains("org.ringfence.cli.run.Runner")
        .doesNotContain("org.jline");
    start(loaded + ringfence("run --tty -- true"));
    rest();
    assertThat(workspace.resolve("classes")).content().contains("org.jline");
  }
}
