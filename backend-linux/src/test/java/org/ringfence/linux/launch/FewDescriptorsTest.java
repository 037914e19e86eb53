package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;

/** Runs commands in a JVM with few descriptors and an idle garbage collector. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FewDescriptorsTest {
  private static final int COMMANDS = 200;
  // A launch that is given up leaves a process at some of the moments only.
  private static final int ROUNDS = 10;

  @TempDir private Path workspace;

  /** The program of that JVM. */
  static final class Host {
    private Host() {}

    public static void main(String[] arguments) throws Exception {
      SandboxPolicy policy =
          SandboxPolicy.builder()
              .write(":workspace")
              .strictness(Strictness.Mode.BEST_EFFORT)
              .build();
      try (Sandbox sandbox =
          Sandbox.opener(policy).workspace(Path.of(arguments[1])).backend(arguments[0]).open()) {
        List<SandboxedProcess> all = new ArrayList<>();
        for (int i = 0; i < COMMANDS; i++) {
          SandboxedProcess process = sandbox.start(SandboxCommand.of("echo", "x"));
          process.waitFor();
          // The list keeps the process, so that no garbage collection closes its streams.
          all.add(process);
        }
        System.out.println("started " + all.size());
        // Load every class now: class loading needs a descriptor.
        sandbox.command("true").run().check();
        refusalOf(sandbox, SandboxCommand.of("false"));
        refusalOf(sandbox, SandboxCommand.of("no-such-program"));
        loadClasses();
        keepProcessorsBusy();
        SandboxCommand command = SandboxCommand.of(arguments[2]);
        for (int i = 0; i < ROUNDS; i++) {
          System.out.println(refusal(sandbox, command));
        }
        sandbox.run(SandboxCommand.of("true").terminal(TerminalSize.USUAL)).check();
        System.out.println(refusal(sandbox, command.terminal(TerminalSize.USUAL)));
        // Starts the programs of a probe, and on the way closes no descriptor of others.
        long sockets = sockets();
        System.out.println("opened: " + refusal(() -> opened(policy, arguments)));
        System.out.println("sockets left: " + (sockets() - sockets));
        System.out.println("standard input: " + Files.readSymbolicLink(Path.of("/proc/self/fd/0")));
      }
    }

    /** Delays the thread that gives a launch up, so that the started process comes further. */
    private static void keepProcessorsBusy() {
      for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
        Thread busy =
            new Thread(
                () -> {
                  while (true) {
                    Thread.onSpinWait();
                  }
                });
        busy.setDaemon(true);
        busy.start();
      }
    }

    static void loadClasses() throws IOException {
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        Path top = Path.of(entry);
        if (Files.isDirectory(top)) {
          try (Stream<Path> files = Files.walk(top)) {
            files
                .map(file -> top.relativize(file).toString())
                .filter(name -> name.endsWith(".class") && name.contains("ringfence"))
                .forEach(Host::load);
          }
        }
      }
    }

    private static void load(String file) {
      try {
        Class.forName(
            file.replace(".class", "").replace('/', '.'), false, Host.class.getClassLoader());
      } catch (ClassNotFoundException | LinkageError e) {
        throw new IllegalStateException(file, e);
      }
    }

    private static String refusalOf(Sandbox sandbox, SandboxCommand command)
        throws InterruptedException {
      try {
        sandbox.run(command).check();
        return "";
      } catch (SandboxException e) {
        return e.getMessage();
      }
    }

    private static long sockets() throws IOException {
      try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
        return all.filter(Host::isSocket).count();
      }
    }

    private static boolean isSocket(Path descriptor) {
      try {
        return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
      } catch (IOException e) {
        // That of the list itself.
        return false;
      }
    }

    private static String opened(SandboxPolicy policy, String[] arguments) {
      try {
        Sandbox.opener(policy)
            .workspace(Path.of(arguments[1]))
            .backend(arguments[0])
            .open()
            .close();
        return "";
      } catch (SandboxException e) {
        return e.getMessage();
      }
    }

    private static String refusal(Sandbox sandbox, SandboxCommand command) throws Exception {
      return refusal(() -> refusalOf(sandbox, command));
    }

    private static String refusal(Callable<String> attempt) throws Exception {
      List<FileInputStream> open = new ArrayList<>();
      try {
        while (true) {
          open.add(new FileInputStream("/dev/null"));
        }
      } catch (IOException full) {
        // Close the descriptors one by one, so that each step of a launch fails once.
        StringBuilder said = new StringBuilder();
        while (!open.isEmpty()) {
          String refused = attempt.call();
          if (refused.isEmpty()) {
            return said + "and runs again";
          }
          said.append(refused).append('\n');
          open.remove(open.size() - 1).close();
        }
        return said + "and runs never again";
      } finally {
        for (FileInputStream each : open) {
          each.close();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void endedCommandsFreeTheirDescriptorsAndAFullTableIsReportedAndLeavesNoProcess(String backend)
      throws Exception {
    // A program of its own name, by which this test finds its processes among those of others.
    Path program = Files.copy(Path.of("/bin/true"), workspace.resolve("own-true"));
    Process host =
        new ProcessBuilder(
                "sh",
                "-c",
                "ulimit -n 256 && exec \"$@\"",
                "sh",
                System.getProperty("java.home") + "/bin/java",
                "-Xmn256m",
                "-cp",
                System.getProperty("java.class.path"),
                Host.class.getName(),
                backend,
                workspace.toString(),
                program.toString())
            .redirectErrorStream(true)
            .redirectInput(program.toFile())
            .start();
    String said = new String(host.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).contains("started " + COMMANDS + "\n").contains("and runs again");
    assertThat(said)
        .contains("opened: ")
        .doesNotContain("never again")
        .contains("standard input: " + program);
    assertThat(said).contains("terminal: no pseudo-terminal can be made: TIOCGPTPEER: EMFILE");
    List<String> refusals =
        said.lines()
            .filter(
                line ->
                    line.startsWith("launch")
                        || line.startsWith("redirect")
                        || line.startsWith("terminal"))
            .toList();
    assertThat(refusals)
        .isNotEmpty()
        .allMatch(line -> line.contains("EMFILE") || line.contains("Too many open files"));
    assertThat(host.waitFor()).isZero();
    assertThat(commandLine(ProcessHandle.current())).contains("java");
    assertThat(
            ProcessHandle.allProcesses()
                .map(FewDescriptorsTest::commandLine)
                .filter(line -> line.contains(program.toString())))
        .as("processes after the JVM's end")
        .isEmpty();
  }

  /** Returns the arguments of a process, joined by blanks; empty for one that has ended. */
  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(
              Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1)
          .replace('\0', ' ');
    } catch (IOException e) {
      return "";
    }
  }
}
