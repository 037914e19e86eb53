package org.ringfence.conformance.scenario;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
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
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;

/**
 * Each answer of the supervisor that lets a call proceed to the kernel, while another thread of the
 * command changes the checked values. The note on the supervisor's calls on behalf of its caller
 * lists these answers, and explains why no checked value counts; these cases test it.
 */
public final class RaceScenarios {
  private static final String GROUP = "supervisor";
  private static final String ROUNDS = "300";
  private static final int LAUNCHES = 40;
  private static final int DESCRIPTORS = 512;

  private RaceScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "SV-RACE-READ",
        "an open for reading that is not decided on gives nothing outside, whatever changes",
        List.of("files.read", "files.protected-names"),
        stage ->
            opens(
                stage,
                "read",
                stage.policy("minimal").toBuilder()
                    .protectedNames(ProtectedNames.HOOKS_AND_CONFIG)
                    .build(),
                "directory"));
    add(
        all,
        "SV-RACE-PLACE",
        "the place of a file, which is not decided on, gives nothing that a glob denies",
        List.of("files.deny-globs"),
        stage -> opens(stage, "place", stage.policy("directory-globs"), "kept/open"));
    add(
        all,
        "SV-RACE-WRITE",
        "an open for writing that is only recorded changes nothing outside, whatever changes",
        List.of("files.write"),
        stage -> opens(stage, "append", stage.policy("write"), "directory"));
    add(
        all,
        "SV-RACE-NAMES",
        "calls on names that are only recorded change nothing outside, whatever changes",
        List.of("files.write"),
        RaceScenarios::names);
    add(
        all,
        "SV-RACE-EXECUTE",
        "a program whose name changes while it starts is one that may run, within the limits",
        List.of("files.read", "limits.open-files"),
        RaceScenarios::execute);
    add(
        all,
        "SV-RACE-FILTER",
        "filters that a command changes while it loads them take nothing away from the sandbox's",
        List.of("files.write"),
        RaceScenarios::filter);
    add(
        all,
        "SV-RACE-SET-UP",
        "when a command begins, the processes around it are under its filter",
        List.of(),
        RaceScenarios::setUp);
    add(
        all,
        "SV-RACE-RECEIVE",
        "a descriptor that changes while it receives brings each socket's own datagrams, once",
        List.of("network.external"),
        stage ->
            own(
                stage,
                stage.policy("allowlist"),
                List.of("race-receive", "8.8.8.8", "repo.test", "100")));
    add(
        all,
        "SV-RACE-SOCKET-NAME",
        "a descriptor that changes while its name is asked gives the name of one of the two",
        List.of("files.protected-names"),
        stage ->
            own(
                stage,
                stage.policy("protected"),
                List.of("race-socket-name", "${workspace}/inner/named.sock", ROUNDS)));
  }

  private static void add(
      List<ConformanceCase> all, String id, String title, List<String> needs, Body body) {
    all.add(
        new ConformanceCase(
            id,
            GROUP,
            title,
            needs,
            stage -> {
              NativeCalls.onlyLinux("a supervisor of system calls");
              stage.posix().reset();
              Outcome result = body.run(stage);
              stage.posix().reset();
              return result;
            }));
  }

  /**
   * Opens with every denial reported, so that the supervisor inspects each open and each call on
   * names.
   */
  private static Sandbox.Opener told(Sandbox.Opener opener) {
    return opener.completeDenials().onExecuted(program -> {});
  }

  private static CapturedProcess inside(
      TestContext stage,
      SandboxPolicy policy,
      UnaryOperator<Sandbox.Opener> hooks,
      List<String> probe)
      throws Exception {
    stage.posix().reset();
    return insideAsItIs(stage, policy, hooks, probe);
  }

  private static CapturedProcess insideAsItIs(
      TestContext stage,
      SandboxPolicy policy,
      UnaryOperator<Sandbox.Opener> hooks,
      List<String> probe)
      throws Exception {
    try (Sandbox sandbox = opened(stage, policy, hooks)) {
      TestContext.onThisSystem(sandbox);
      CapturedProcess inside =
          CapturedProcess.of(sandbox.start(SandboxCommand.of(stage.posix().probe(probe))));
      check(inside);
      return inside;
    }
  }

  /** Where nothing hears of denials, the supervisor inspects nothing either. */
  private static Sandbox opened(
      TestContext stage, SandboxPolicy policy, UnaryOperator<Sandbox.Opener> hooks)
      throws Exception {
    try {
      return stage.open(policy, List.of(), stage.posix().workspace(), hooks);
    } catch (SandboxException e) {
      if (e.getMessage().startsWith("onDenied") || e.getMessage().startsWith("onExecuted")) {
        throw NotShownException.skipped(e.getMessage());
      }
      throw e;
    }
  }

  private static CapturedProcess outside(TestContext stage, List<String> probe) throws Exception {
    CapturedProcess outside =
        CapturedProcess.of(
            new ProcessBuilder(stage.posix().probe(probe))
                .directory(stage.posix().workspace().toFile())
                .start());
    check(outside);
    return outside;
  }

  private static void check(CapturedProcess execution) throws NotShownException {
    if (execution.result().startsWith("ABSENT ")) {
      throw NotShownException.skipped("this system has no " + execution.result().substring(7));
    }
  }

  /** The denied file is in the workspace where a glob denies it, else outside. */
  private static Outcome opens(TestContext stage, String how, SandboxPolicy policy, String denied)
      throws Exception {
    String place = how.equals("place") ? "${workspace}/" : "${outside}/";
    List<String> probe =
        List.of("race-open", how, "${workspace}/inner", place + denied, "file", ROUNDS);
    UnaryOperator<Sandbox.Opener> hooks =
        how.equals("append") ? RaceScenarios::told : UnaryOperator.identity();
    CapturedProcess control = outside(stage, probe);
    if (!control.ok()) {
      return Outcome.failed("the control failed: " + control.result());
    }
    stage.posix().reset();
    Map<String, String> before = stage.posix().snapshot();
    CapturedProcess inside = insideAsItIs(stage, policy, hooks, probe);
    return inside.result().equals("DENIED EACCES")
        ? unchanged(stage, before)
        : Outcome.failed("inside: " + inside.result());
  }

  private static Outcome unchanged(TestContext stage, Map<String, String> before) throws Exception {
    return stage.posix().snapshot().equals(before)
        ? Outcome.passed()
        : Outcome.failed("something outside has changed");
  }

  private static Outcome names(TestContext stage) throws Exception {
    List<String> probe = List.of("race-names", "${workspace}/inner", "${outside}/directory", "150");
    Map<String, String> before = stage.posix().snapshot();
    CapturedProcess control = outside(stage, probe);
    if (!control.ok() || stage.posix().snapshot().equals(before)) {
      return Outcome.failed("the control failed: " + control.result());
    }
    stage.posix().reset();
    before = stage.posix().snapshot();
    CapturedProcess inside = insideAsItIs(stage, stage.policy("write"), RaceScenarios::told, probe);
    return inside.ok() ? unchanged(stage, before) : Outcome.failed("inside: " + inside.result());
  }

  private static Outcome execute(TestContext stage) throws Exception {
    Path allowed = stage.posix().workspace().resolve("allowed");
    Path denied = stage.posix().outside().resolve("denied");
    // The control runs without a limit, and checks none.
    program(
        allowed, "if [ \"$1\" = none ] || [ \"$(ulimit -n)\" = \"$1\" ]; then exit 7; fi; exit 3");
    program(denied, "exit 9");
    SandboxPolicy policy = stage.policy("minimal").toBuilder().openFiles(DESCRIPTORS).build();
    CapturedProcess control =
        outside(
            stage, List.of("race-execute", allowed.toString(), denied.toString(), "none", ROUNDS));
    if (!control.result().equals("OK 9")) {
      return Outcome.failed("the control failed: " + control.result());
    }
    CapturedProcess inside =
        insideAsItIs(
            stage,
            policy,
            RaceScenarios::told,
            List.of(
                "race-execute",
                allowed.toString(),
                denied.toString(),
                String.valueOf(DESCRIPTORS),
                "100"));
    return inside.result().equals("DENIED EACCES")
        ? Outcome.passed()
        : Outcome.failed("inside: " + inside.result());
  }

  private static void program(Path path, String script) throws Exception {
    Files.writeString(path, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Outcome filter(TestContext stage) throws Exception {
    List<String> probe = List.of("race-filter", "${outside}/made", ROUNDS);
    CapturedProcess control = outside(stage, probe);
    if (!control.ok()) {
      return Outcome.failed("the control failed: " + control.result());
    }
    CapturedProcess inside = inside(stage, stage.policy("write"), UnaryOperator.identity(), probe);
    if (!inside.denied()) {
      return Outcome.failed("inside: " + inside.result());
    }
    return Files.exists(stage.posix().outside().resolve("made"))
        ? Outcome.failed("a file was made")
        : Outcome.passed();
  }

  /** A command looks first at the first process of its namespace. */
  private static Outcome setUp(TestContext stage) throws Exception {
    if (!stage.backend().info().id().equals("bubblewrap")) {
      throw NotShownException.skipped("nothing is set up around a command here");
    }
    String look =
        "while read -r key value; do [ \"$key\" = Seccomp_filters: ] && first=$value; done"
            + " </proc/1/status;"
            + " while read -r key value; do [ \"$key\" = Seccomp_filters: ] && own=$value; done"
            + " </proc/self/status; echo \"$first $own\"";
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of())) {
      for (int i = 0; i < LAUNCHES; i++) {
        CapturedProcess seen = CapturedProcess.of(sandbox.start(LifetimeScenarios.sh(look)));
        if (seen.output().isBlank()) {
          throw NotShownException.skipped("this kernel does not tell the number of filters");
        }
        String[] numbers = seen.output().trim().split(" ");
        if (numbers.length < 2) {
          throw NotShownException.skipped("the first process is not to be seen: " + seen.error());
        }
        if (!numbers[0].equals(numbers[1]) || numbers[1].equals("0")) {
          return Outcome.failed(
              "launch "
                  + i
                  + ": filters of the first process and of the command: "
                  + seen.output());
        }
      }
    }
    return Outcome.passed();
  }

  /** Races two sockets of the command, each of which gets only its own data. */
  private static Outcome own(TestContext stage, SandboxPolicy policy, List<String> probe)
      throws Exception {
    long contacts = stage.posix().contacts();
    CapturedProcess inside = inside(stage, policy, UnaryOperator.identity(), probe);
    if (!inside.ok()) {
      return Outcome.failed("inside: " + inside.result());
    }
    return stage.posix().contacts() == contacts
        ? Outcome.passed()
        : Outcome.failed("a server outside was reached");
  }
}
