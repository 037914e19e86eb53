package org.ringfence.conformance.scenario;

import com.sun.jna.Memory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;

/** Pseudo-terminals that commands open themselves, and those of the user. */
public final class PseudoTerminalScenarios {
  private static final String GROUP = "pseudo-terminals";
  private static final List<String> NEEDS = List.of("files.write", "files.protected-names");
  private static final int READ_WRITE = 2 | 0x100;
  private static final int MOST_TERMINALS = 64;

  private PseudoTerminalScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    works(all, "PTY-BY-NAME", "a terminal that a command opened is opened by its name", "by-name");
    works(
        all,
        "PTY-BY-MASTER",
        "a terminal that a command opened is opened by its other end",
        "by-master");
    works(all, "PTY-MODE", "a command changes the mode of a terminal that it opened", "mode");
    add(
        all,
        "PTY-INPUT",
        "no input is pushed into a terminal, not even into one that the command opened",
        PseudoTerminalScenarios::input);
    add(
        all,
        "PTY-FOREIGN",
        "a terminal of the user is not opened for writing",
        stage -> foreign(stage, "pty-open"));
    add(
        all,
        "PTY-FOREIGN-MODE",
        "the mode of a terminal of the user stays",
        stage -> foreign(stage, "pty-chmod"));
    for (Reading reading : Reading.values()) {
      add(
          all,
          reading.id,
          "keystrokes at a terminal of the user are not read" + reading.where,
          stage -> typed(stage, reading));
    }
    add(
        all,
        "PTY-REUSED",
        "a terminal of the user that has the number of one the command closed is not opened",
        PseudoTerminalScenarios::reused);
  }

  /** Policies under which different parts decide on reading. */
  private enum Reading {
    EVERYTHING("PTY-FOREIGN-READ", "", "write"),
    MINIMAL("PTY-FOREIGN-READ-MINIMAL", " in the minimal view", "minimal"),
    DECIDED("PTY-FOREIGN-READ-DECIDED", " where each open is decided on", "globs");

    private final String id;
    private final String where;
    private final String policy;

    Reading(String id, String where, String policy) {
      this.id = id;
      this.where = where;
      this.policy = policy;
    }
  }

  private static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(
        new ConformanceCase(
            id,
            GROUP,
            title,
            NEEDS,
            stage -> {
              NativeCalls.onlyLinux("pseudo-terminals by /dev/pts");
              stage.posix().reset();
              return body.run(stage);
            }));
  }

  private static SandboxPolicy policy() {
    return TestContext.write().protectedNames(ProtectedNames.HOOKS_AND_CONFIG).build();
  }

  private static CapturedProcess run(TestContext stage, String... probe) throws Exception {
    return run(stage, policy(), probe);
  }

  private static CapturedProcess run(TestContext stage, SandboxPolicy policy, String... probe)
      throws Exception {
    try (Sandbox sandbox = stage.open(policy, NEEDS)) {
      List<String> command = stage.posix().probe(List.of(probe));
      return CapturedProcess.of(sandbox.start(SandboxCommand.of(command)));
    }
  }

  private static void works(List<ConformanceCase> all, String id, String title, String probe) {
    all.add(
        new ConformanceCase(
                id,
                GROUP,
                title,
                NEEDS,
                stage -> {
                  CapturedProcess inside = run(stage, "pty-" + probe);
                  return inside.ok()
                      ? Outcome.passed()
                      : Outcome.failed("expected to succeed, but: " + inside.result());
                })
            .permitting());
  }

  private static Outcome input(TestContext stage) throws Exception {
    CapturedProcess inside = run(stage, "pty-input");
    return inside.result().equals("DENIED EPERM")
        ? Outcome.passed()
        : Outcome.failed("got " + inside.result());
  }

  /** Opens a terminal outside and returns its other end. */
  private static int terminal() throws NotShownException {
    int master = (int) NativeCalls.call("posix_openpt", READ_WRITE);
    if (master < 0) {
      throw NotShownException.skipped("no pseudo-terminal can be made outside");
    }
    NativeCalls.call("grantpt", master);
    NativeCalls.call("unlockpt", master);
    return master;
  }

  private static String nameOf(int master) {
    Memory name = NativeCalls.memory(64);
    NativeCalls.call("ptsname_r", master, name, name.size());
    return name.getString(0);
  }

  private static Outcome foreign(TestContext stage, String probe) throws Exception {
    int master = terminal();
    try {
      String name = nameOf(master);
      CapturedProcess control =
          CapturedProcess.of(new ProcessBuilder(stage.posix().probe(List.of(probe, name))).start());
      if (!control.ok()) {
        return Outcome.failed("the control failed: " + control.result());
      }
      CapturedProcess inside = run(stage, probe, name);
      return inside.denied()
          ? Outcome.passed()
          : Outcome.failed("expected to be denied, but: " + inside.result());
    } finally {
      NativeCalls.call("close", master);
    }
  }

  private static Outcome typed(TestContext stage, Reading reading) throws Exception {
    int master = terminal();
    try {
      String name = nameOf(master);
      type(master);
      CapturedProcess control =
          CapturedProcess.of(
              new ProcessBuilder(stage.posix().probe(List.of("pty-read", name))).start());
      if (!control.ok()) {
        return Outcome.failed("the control failed: " + control.result());
      }
      type(master);
      CapturedProcess inside = run(stage, stage.policy(reading.policy), "pty-read", name);
      return inside.denied()
          ? Outcome.passed()
          : Outcome.failed("expected to be denied, but: " + inside.result());
    } finally {
      NativeCalls.call("close", master);
    }
  }

  private static void type(int master) {
    NativeCalls.call("write", master, NativeCalls.string("secret\n"), 7L);
  }

  private static Outcome reused(TestContext stage) throws Exception {
    List<Integer> masters = new ArrayList<>();
    try (Sandbox sandbox = stage.open(policy(), NEEDS)) {
      List<String> command = stage.posix().probe(List.of("pty-again"));
      Process process = sandbox.start(SandboxCommand.of(command));
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      String said = lines.readLine();
      if (said == null || !said.startsWith("CLOSED /dev/pts/")) {
        process.destroyForcibly();
        return Outcome.failed("the control failed: the command opened no terminal: " + said);
      }
      takeNumber(said.substring("CLOSED ".length()), masters);
      process.getOutputStream().write('\n');
      process.getOutputStream().close();
      StringBuilder rest = new StringBuilder();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        rest.append(line);
      }
      process.waitFor();
      return rest.toString().contains("DENIED") ? Outcome.passed() : Outcome.failed("got " + rest);
    } finally {
      masters.forEach(master -> NativeCalls.call("close", master));
    }
  }

  /** Opens terminals until one has the name. */
  private static void takeNumber(String name, List<Integer> masters)
      throws NotShownException, IOException {
    while (masters.size() < MOST_TERMINALS) {
      int master = terminal();
      masters.add(master);
      if (nameOf(master).equals(name)) {
        return;
      }
    }
    throw NotShownException.skipped("the number " + name + " did not come back");
  }
}
