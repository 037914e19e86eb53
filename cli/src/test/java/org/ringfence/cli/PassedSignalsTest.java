package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/**
 * Sends signals to {@code ringfence run}, started with blocked signals as the launcher script does.
 * Each end of a command is waited for, and none is a matter of time.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "signals are passed on by signalfd(2)")
class PassedSignalsTest {
  private static final String SIGNALS = "INT,HUP,QUIT,TERM,TSTP,CONT,USR1,WINCH";
  private static final Path SCRIPT = Path.of("/usr/bin/script");

  /** Waits until a file exists, in the shell's own process apart from short sleeps. */
  private static final String UNTIL = "until [ -e %s ]; do sleep 0.05; done";

  @TempDir private Path base;
  private Path workspace;
  private Process process;
  private BufferedReader lines;

  @BeforeEach
  void createWorkspace() throws Exception {
    assumeTrue(
        run("/usr/bin/env", "--block-signal=INT", "true") == 0, "env(1) cannot block signals");
    workspace = Files.createDirectory(base.toRealPath().resolve("workspace"));
  }

  @AfterEach
  void end() {
    if (process != null) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static int run(String... words) throws Exception {
    return new ProcessBuilder(words).inheritIO().start().waitFor();
  }

  private void assume(String backend) throws Exception {
    var plan =
        Backends.load()
            .byId(backend)
            .plan(
                EffectivePolicy.of(
                    Presets.load("workspace-write"), PathContext.current(workspace)));
    assumeTrue(plan.acceptable(), () -> "not here: " + plan.availability().reasons());
  }

  /** Returns the words of a run; the signals have their default before, whatever this JVM has. */
  private List<String> words(List<String> ignored, String... args) {
    List<String> words =
        new ArrayList<>(List.of("/usr/bin/env", "--default-signal", "--block-signal=" + SIGNALS));
    ignored.forEach(signal -> words.add("--ignore-signal=" + signal));
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(
        List.of(
            "-Xrs", "-Dringfence.signals=blocked", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    if (Runtime.version().feature() >= 22) {
      words.add("--enable-native-access=ALL-UNNAMED");
    }
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    words.addAll(List.of(args));
    return words;
  }

  private void start(List<String> words) throws IOException {
    process =
        new ProcessBuilder(words).directory(workspace.toFile()).redirectErrorStream(true).start();
    lines = process.inputReader(StandardCharsets.UTF_8);
  }

  private void started(String backend, List<String> ignored, String script) throws Exception {
    assume(backend);
    start(words(ignored, "run", "--backend", backend, "--", "sh", "-c", script));
    expect("ready");
  }

  private void expect(String line) throws IOException {
    List<String> before = new ArrayList<>();
    for (String next = lines.readLine(); next != null; next = lines.readLine()) {
      // The terminal echoes keys before it.
      if (next.strip().endsWith(line)) {
        return;
      }
      before.add(next);
    }
    throw new AssertionError("no line " + line + " but " + before);
  }

  private void send(String signal) throws Exception {
    assertThat(run("/bin/kill", "-" + signal, Long.toString(process.pid()))).isZero();
  }

  private int exit() throws Exception {
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void eachSignalReachesTheCommandAsItself(String backend) throws Exception {
    started(
        backend,
        List.of(),
        "for s in HUP QUIT USR1 WINCH TERM; do trap \"echo got $s\" $s; done; trap 'exit 7' INT;"
            + " echo ready; while :; do sleep 0.05; done");

    for (String signal : List.of("HUP", "QUIT", "USR1", "WINCH")) {
      send(signal);
      expect("got " + signal);
    }
    send("INT");

    assertThat(exit()).isEqualTo(7);
    assertThat(lines.lines()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void commandThatASignalEndsGivesThatSignalsExitCode(String backend) throws Exception {
    started(backend, List.of(), "echo ready; exec sleep 600");

    send("INT");

    assertThat(exit()).isEqualTo(130);
    assertThat(lines.lines()).isEmpty();
  }

  @Test
  void stubbornCommandIsKilledAfterTheGraceThatFollowsTerm() throws Exception {
    assume("landlock");
    Path policy = base.resolve("policy.json");
    Files.writeString(
        policy, "{\"extends\": [\"workspace-write\"], \"limits\": {\"grace\": \"100ms\"}}");
    String script =
        "trap 'echo asked' TERM; trap 'echo still' INT; echo ready; while :; do sleep 0.05; done";
    start(words(List.of(), "run", "--policy", policy.toString(), "--", "sh", "-c", script));
    expect("ready");

    send("INT");
    expect("still");
    send("TERM");

    expect("asked");
    assertThat(exit()).isEqualTo(137);
  }

  @Test
  void signalThatTheCallerIgnoresStaysIgnored() throws Exception {
    started(
        "landlock", List.of("HUP"), "trap 'exit 7' INT; echo ready; while :; do sleep 0.05; done");

    send("HUP");
    send("INT");

    assertThat(exit()).isEqualTo(7);
  }

  /** A process that waits for a file, and in a trap writes a line for each signal. */
  private static String counting(String signal, String name, String rest) {
    return "trap 'echo x >> "
        + name
        + "' "
        + signal
        + "; "
        + rest
        + "; "
        + UNTIL.formatted("end")
        + "\n";
  }

  private void onTerminal(String backend, String script, String... args) throws Exception {
    assume(backend);
    assumeTrue(Files.isExecutable(SCRIPT), "script(1) is missing");
    List<String> words = words(List.of(), args);
    // A later trap of this shell is its own; the run has its signals' defaults from env(1).
    StringBuilder quoted = new StringBuilder();
    words.forEach(word -> quoted.append(" '").append(word).append("'"));
    Path file = Files.writeString(base.resolve("session"), script.formatted(quoted));
    start(
        List.of(
            "/usr/bin/env",
            "--default-signal",
            SCRIPT.toString(),
            "-qec",
            "bash " + file,
            "/dev/null"));
  }

  private void type(String keys) throws IOException {
    process.getOutputStream().write(keys.getBytes(StandardCharsets.US_ASCII));
    process.getOutputStream().flush();
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void controlCReachesEachProcessOnce(String backend) throws Exception {
    Files.writeString(workspace.resolve("inner"), counting("INT", "inner.got", "echo ready"));
    Files.writeString(workspace.resolve("outer"), counting("INT", "outer.got", "sh inner"));
    onTerminal(backend, "%s\necho left $?\n", "run", "--backend", backend, "--", "sh", "outer");
    expect("ready");

    type("\003");
    awaitFile("inner.got");
    Files.createFile(workspace.resolve("end"));

    expect("left 0");
    assertThat(workspace.resolve("inner.got")).hasContent("x");
    assertThat(workspace.resolve("outer.got")).hasContent("x");
  }

  private void awaitFile(String name) throws InterruptedException {
    while (!Files.exists(workspace.resolve(name))) {
      assertThat(process.isAlive()).isTrue();
      Thread.sleep(20);
    }
  }

  /** A shell goes on after an exit code of 130, and not after a command that SIGINT has ended. */
  @Test
  void controlCEndsTheLoopOfAScript() throws Exception {
    onTerminal(
        "landlock",
        "for i in 1 2; do %s; done\necho not reached\n",
        "run",
        "--backend",
        "landlock",
        "--",
        "sh",
        "-c",
        "echo ready; exec sleep 600");
    expect("ready");

    type("\003");

    assertThat(lines.lines()).noneMatch(line -> line.contains("ready") || line.contains("reached"));
    assertThat(exit()).isEqualTo(130);
  }

  /** perl tells a signal from an exit code; the policy on standard input never comes. */
  @ParameterizedTest
  @CsvSource({"INT, 2", "HUP, 1", "TERM, 15"})
  void signalBeforeTheCommandEndsThisProcessByItself(String signal, int number) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "there is no perl");
    List<String> words = new ArrayList<>(List.of("/usr/bin/perl", "-e"));
    words.add("system(@ARGV); print 'ended by ', $? & 127, qq(\\n)");
    words.addAll(words(List.of(), "run", "-p", "-", "--", "true"));
    start(words);
    ProcessHandle java = null;
    while (java == null) {
      // Once it is a JVM, the signals are blocked.
      java =
          process
              .children()
              .filter(each -> each.info().command().orElse("").endsWith("java"))
              .findFirst()
              .orElse(null);
      Thread.sleep(20);
    }

    assertThat(run("/bin/kill", "-" + signal, Long.toString(java.pid()))).isZero();

    expect("ended by " + number);
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void controlZStopsEveryProcessAndForegroundContinuesThem(String backend) throws Exception {
    Files.writeString(workspace.resolve("inner"), counting("CONT", "inner.got", "echo ready"));
    Files.writeString(
        workspace.resolve("outer"), counting("CONT", "outer.got", "sh inner") + "exit 5\n");
    String marker = workspace.resolve("outer").toString();
    onTerminal(
        backend,
        "set -m\n%s\necho stopped $?\nread go\nfg\necho left $?\n",
        "run",
        "--backend",
        backend,
        "--",
        "sh",
        marker,
        marker);
    expect("ready");
    assertThat(states(marker)).isNotEmpty().doesNotContain('T');

    type("\032");
    expect("stopped 148");
    while (!states(marker).stream().allMatch(state -> state == 'T')) {
      Thread.sleep(20);
    }
    Files.createFile(workspace.resolve("end"));
    type("\n");

    expect("left 5");
    assertThat(workspace.resolve("inner.got")).hasContent("x");
    assertThat(workspace.resolve("outer.got")).hasContent("x");
  }

  /** git ignores SIGINT while its editor runs, ends by it afterwards, and removes its locks. */
  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void interruptedCommitLeavesWhatItLeavesOutside(String backend) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/git")), "git is missing");
    Files.writeString(
        workspace.resolve("commit"),
        """
        export GIT_EDITOR='sh -c "cat \\"\\$1\\" >seen; echo ready; exec sleep 600" editor'
        cd "$1" && exec git -c user.name=me -c user.email=me@example.org commit
        """);
    String outside = interruptedCommit("outside", null);
    assertThat(outside).contains("exit 130", "COMMIT_EDITMSG").doesNotContain("index.lock");

    assertThat(interruptedCommit("inside", backend)).isEqualTo(outside);
  }

  private String interruptedCommit(String name, String backend) throws Exception {
    Path repository = Files.createDirectory(workspace.resolve(name));
    String git = "git -C " + repository + " ";
    assertThat(
            run("sh", "-c", git + "init -q && touch " + repository + "/new && " + git + "add new"))
        .isZero();
    if (backend == null) {
      onTerminal("landlock", "sh commit outside\necho left $?\n");
    } else {
      onTerminal(
          backend, "%s\necho left $?\n", "run", "--backend", backend, "--", "sh", "commit", name);
    }
    expect("ready");
    type("\003");
    List<String> left = new ArrayList<>();
    // The shell ends by the signal as well if it has ended git.
    assertThat(lines.lines()).noneMatch(line -> line.contains("left"));
    left.add("exit " + exit());
    try (Stream<Path> all = Files.walk(repository)) {
      all.map(each -> repository.relativize(each).toString()).sorted().forEach(left::add);
    }
    return String.join("\n", left);
  }

  /** Returns the states of the processes with a word in their command line; proc(5). */
  private static List<Character> states(String word) {
    List<Character> states = new ArrayList<>();
    ProcessHandle.allProcesses()
        .forEach(
            each -> {
              Path entry = Path.of("/proc/" + each.pid());
              try {
                if (Files.readString(entry.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                    .contains(word)) {
                  String stat =
                      Files.readString(entry.resolve("stat"), StandardCharsets.ISO_8859_1);
                  states.add(stat.charAt(stat.lastIndexOf(')') + 2));
                }
              } catch (IOException e) {
                // It has ended.
                return;
              }
            });
    return states;
  }
}
