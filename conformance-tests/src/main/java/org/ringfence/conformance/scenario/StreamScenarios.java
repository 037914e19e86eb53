package org.ringfence.conformance.scenario;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;

/**
 * How a command can use the descriptors that it was started with: they grant the access that they
 * were opened for, and no name. Each case runs with a supervisor that decides on names, and
 * without.
 */
public final class StreamScenarios {
  private static final String GROUP = "stream";
  private static final List<String> POLICIES = List.of("write", "protected");
  private static final List<String> NEEDS = List.of("process.descriptors", "files.write");
  private static final int O_RDWR = 2;
  private static final int O_NOCTTY = 0x100;

  private StreamScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "STREAM-INPUT-FILE",
        "a file handed in as input is not changed through its descriptor",
        each(StreamScenarios::input));
    add(
        all,
        "STREAM-TERMINAL-MODE",
        "the mode of the caller's terminal is not changed",
        each(StreamScenarios::terminal));
    add(
        all,
        "STREAM-INPUT-DIRECTORY",
        "a directory handed in as input leads to nothing that the policy does not grant",
        each(StreamScenarios::directory));
    add(
        all,
        "STREAM-APPENDED",
        "a file that output is appended to is not truncated or written over",
        each(StreamScenarios::appended));
    add(
        all,
        "STREAM-READ-BACK",
        "a file handed in for output is not read, where the policy grants no reading of it",
        StreamScenarios::readBack);
    all.add(
        new ConformanceCase(
            "STREAM-INPUT-READ",
            GROUP,
            "a file handed in is read through its descriptor's names, and output goes the same way",
            List.of(),
            each(StreamScenarios::readsAndWrites)));
    all.add(
        new ConformanceCase(
            "FW-SET-USER-ID",
            "file-write",
            "no file gets a set-user-id or set-group-id bit",
            List.of("files.metadata"),
            each(StreamScenarios::setUserId)));
  }

  private static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(new ConformanceCase(id, GROUP, title, NEEDS, body));
  }

  /** A case under one policy, with a separate directory in the host's /tmp. */
  private interface Trial {
    Outcome run(TestContext stage, String policy, Path directory) throws Exception;
  }

  private static Body each(Trial trial) {
    return stage -> {
      onlyLinux();
      for (String policy : POLICIES) {
        stage.posix().reset();
        Path directory =
            Files.createTempDirectory(
                Path.of("/tmp"),
                "ringfence-stream",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
          Outcome fault = trial.run(stage, policy, directory);
          if (!fault.isPassed()) {
            return Outcome.failed("policy " + policy + ": " + fault.reason());
          }
        } finally {
          delete(directory);
        }
      }
      return Outcome.passed();
    };
  }

  private static void onlyLinux() throws NotShownException {
    if (!NativeCalls.LINUX) {
      throw NotShownException.skipped("the case names descriptors as Linux does");
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /** Returns the words of a script, as a command inside or outside. */
  private static List<String> sh(String script) {
    return List.of("/bin/sh", "-c", script);
  }

  private static CapturedProcess inside(TestContext stage, String policy, SandboxCommand command)
      throws Exception {
    try (Sandbox sandbox = stage.open(stage.policy(policy), NEEDS)) {
      TestContext.onThisSystem(sandbox);
      return CapturedProcess.of(sandbox.start(command));
    }
  }

  /** Each step runs in a separate shell: a refused step ends no other. */
  private static final String CHANGES =
      "(true > /proc/self/fd/0); (echo x >> /dev/stdin); (echo x 1<> /dev/fd/0);"
          + " chmod 777 /proc/self/fd/0; touch -t 200001010000 /proc/self/fd/0; true";

  private static Outcome input(TestContext stage, String policy, Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("input"), "original");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    String before = state(file);
    SandboxCommand command = SandboxCommand.of(sh(CHANGES)).redirectInput(from(file));
    inside(stage, policy, command);
    if (!state(file).equals(before)) {
      return Outcome.failed("the file was changed: " + state(file));
    }
    new ProcessBuilder(sh(CHANGES)).redirectInput(file.toFile()).start().waitFor();
    return state(file).equals(before)
        ? Outcome.failed("the control failed: nothing was changed outside")
        : Outcome.passed();
  }

  private static Redirect from(Path file) {
    return Redirect.from(file.toFile());
  }

  private static String state(Path file) throws IOException {
    return Files.readString(file)
        + " "
        + Files.getPosixFilePermissions(file)
        + " "
        + Files.getLastModifiedTime(file);
  }

  private static Outcome directory(TestContext stage, String policy, Path directory)
      throws Exception {
    Path handed = Files.createDirectory(directory.resolve("handed"));
    String script =
        "mkdir /proc/self/fd/0/made; mkdir /proc/self/fd/0/../beside;"
            + " perl -e 'mkdir \"/proc/self/fd/0/../other\"'; echo ran";
    SandboxCommand command = SandboxCommand.of(sh(script)).redirectInput(from(handed));
    String refused = "";
    try {
      if (!inside(stage, policy, command).output().contains("ran")) {
        return Outcome.failed("the command did not run");
      }
    } catch (SandboxException e) {
      refused = e.getMessage();
    }
    try (Stream<Path> all = Files.walk(directory)) {
      if (all.count() != 2) {
        return Outcome.failed("something was made");
      }
    }
    if (!refused.isEmpty() && !refused.contains("standard input")) {
      return Outcome.failed("refused for another reason: " + refused);
    }
    new ProcessBuilder(sh("exec < " + handed + "; " + script)).start().waitFor();
    return Files.exists(handed.resolve("made"))
        ? Outcome.passed()
        : Outcome.failed("the control failed: nothing was made");
  }

  private static Outcome appended(TestContext stage, String policy, Path directory)
      throws Exception {
    Path log = Files.writeString(directory.resolve("log"), "kept\n");
    String script =
        "echo said; (true > /proc/self/fd/1); perl -e 'use Fcntl; fcntl(STDOUT, F_SETFL, 0);"
            + " truncate(STDOUT, 0); sysseek(STDOUT, 0, 0); syswrite(STDOUT, \"over\\n\")';"
            + " echo more";
    SandboxCommand command =
        SandboxCommand.of(sh(script)).redirectOutput(Redirect.appendTo(log.toFile()));
    inside(stage, policy, command);
    String after = Files.readString(log);
    if (!after.startsWith("kept\nsaid\n") || !after.endsWith("more\n")) {
      return Outcome.failed("the log is: " + after);
    }
    new ProcessBuilder(sh(script))
        .redirectOutput(Redirect.appendTo(log.toFile()))
        .start()
        .waitFor();
    return Files.readString(log).startsWith("kept")
        ? Outcome.failed("the control failed: it is kept")
        : Outcome.passed();
  }

  /**
   * The command reads through the descriptor the bytes that another process writes to the file
   * meanwhile.
   */
  private static Outcome readBack(TestContext stage) throws Exception {
    onlyLinux();
    stage.posix().reset();
    Path file = stage.posix().outside().resolve("output");
    List<String> script =
        sh(
            "read line; perl -e 'use Fcntl; sysopen(F, \"/proc/self/fd/1\","
                + " O_RDONLY|O_NONBLOCK) and sysread(F, $b, 99) and print STDERR $b'");
    CapturedProcess inside;
    try (Sandbox sandbox = stage.open(stage.policy("minimal"), List.of("files.read"))) {
      TestContext.onThisSystem(sandbox);
      SandboxCommand command = SandboxCommand.of(script).redirectOutput(Redirect.to(file.toFile()));
      inside = withOthersText(sandbox.start(command), file);
    }
    if (inside.error().contains("theirs")) {
      return Outcome.failed("it was read");
    }
    ProcessBuilder control = new ProcessBuilder(script).redirectOutput(file.toFile());
    return withOthersText(control.start(), file).error().contains("theirs")
        ? Outcome.passed()
        : Outcome.failed("the control failed: it was not read outside");
  }

  private static CapturedProcess withOthersText(Process process, Path file) throws Exception {
    Files.writeString(file, "theirs");
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    return CapturedProcess.of(process);
  }

  private static Outcome readsAndWrites(TestContext stage, String policy, Path directory)
      throws Exception {
    Path file = Files.writeString(stage.posix().workspace().resolve("input"), "one\ntwo\n");
    Path output = stage.posix().workspace().resolve("output");
    String script = "read line; cat /dev/stdin; cat; echo $line > /dev/stderr";
    SandboxCommand command =
        SandboxCommand.of(sh(script))
            .redirectInput(from(file))
            .redirectError(Redirect.to(output.toFile()));
    String text = inside(stage, policy, command).output();
    String error = Files.readString(output);
    // A reopened file is read from its start.
    return text.contains("two") && error.equals("one\n")
        ? Outcome.passed()
        : Outcome.failed("got '" + text + "', " + error);
  }

  /** Opens a terminal of the caller; closing its master's descriptor closes it. */
  private static Outcome terminal(TestContext stage, String policy, Path directory)
      throws Exception {
    int master = (int) NativeCalls.call("posix_openpt", O_RDWR | O_NOCTTY);
    if (master < 0) {
      throw NotShownException.skipped("there are no terminals here");
    }
    try {
      NativeCalls.call("grantpt", master);
      NativeCalls.call("unlockpt", master);
      com.sun.jna.Memory name = NativeCalls.memory(64);
      NativeCalls.call("ptsname_r", master, name, 64L);
      File slave = new File(name.getString(0));
      Files.setPosixFilePermissions(slave.toPath(), PosixFilePermissions.fromString("rw-------"));
      String script =
          "chmod 666 /proc/self/fd/0 /dev/stdin /dev/console "
              + slave
              + "; perl -e 'chmod 0666, *STDIN'; true";
      SandboxCommand command =
          SandboxCommand.of(sh(script))
              .redirectInput(Redirect.from(slave))
              .redirectOutput(Redirect.to(slave));
      inside(stage, policy, command);
      Set<?> mode = Files.getPosixFilePermissions(slave.toPath());
      if (mode.size() != 2) {
        return Outcome.failed("the mode is " + mode);
      }
      new ProcessBuilder(sh("chmod 622 /proc/self/fd/0")).redirectInput(slave).start().waitFor();
      return Files.getPosixFilePermissions(slave.toPath()).size() == 2
          ? Outcome.failed("the control failed: the mode was not changed outside")
          : Outcome.passed();
    } finally {
      NativeCalls.call("close", master);
    }
  }

  private static Outcome setUserId(TestContext stage, String policy, Path directory)
      throws Exception {
    Path workspace = stage.posix().workspace();
    String attacks =
        "true > a; chmod 4755 a; chmod u+s a; chmod g+s a;"
            + " perl -e 'use Fcntl; sysopen(F, \"b\", O_CREAT|O_WRONLY, 04755);"
            + " sysopen(G, \"c\", O_CREAT|O_WRONLY, 0600); chmod 04711, *G;"
            + "'; mkdir d; chmod 2755 d; chmod 755 a; true";
    String number = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40));
    inside(stage, policy, SandboxCommand.of(sh(attacks + "; echo " + number + " > done")));
    if (!Files.exists(workspace.resolve("done"))) {
      return Outcome.failed("the script did not run");
    }
    for (String name : List.of("a", "b", "c")) {
      Path file = workspace.resolve(name);
      if (Files.exists(file) && (mode(file) & 06000) != 0) {
        return Outcome.failed(name + " has mode " + Integer.toOctalString(mode(file)));
      }
    }
    if ((mode(workspace.resolve("a")) & 0777) != 0755
        || (mode(workspace.resolve("d")) & 02000) == 0) {
      return Outcome.failed("a plain mode, or a directory's group, could not be set");
    }
    new ProcessBuilder(sh("chmod 4755 a")).directory(workspace.toFile()).start().waitFor();
    return (mode(workspace.resolve("a")) & 04000) != 0
        ? Outcome.passed()
        : Outcome.failed("the control failed: no bit was set outside");
  }

  private static int mode(Path file) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:mode");
  }
}
