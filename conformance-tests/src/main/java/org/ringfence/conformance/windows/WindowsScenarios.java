package org.ringfence.conformance.windows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.conformance.scenario.ProbeBody;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;

/** The cases of Windows. Each denial has a control: the same operation without a sandbox. */
public final class WindowsScenarios {
  private static final String GROUP = "windows";
  private static final String POLICY = "write";

  private WindowsScenarios() {}

  /**
   * Adds the cases.
   *
   * @param cases the list to extend
   */
  public static void addTo(List<ConformanceCase> cases) {
    String write = "files.write";
    denied(cases, "WIN-CREATE", "a file outside is not made", write, "create", "${outside}\\new");
    denied(
        cases,
        "WIN-OVERWRITE",
        "a file outside is not overwritten",
        write,
        "overwrite",
        "${outside}\\file");
    denied(
        cases,
        "WIN-APPEND",
        "a file outside is not appended to",
        write,
        "append",
        "${outside}\\file");
    denied(
        cases, "WIN-STREAM", "a file outside gets no stream", write, "stream", "${outside}\\file");
    denied(
        cases, "WIN-MKDIR", "a directory outside is not made", write, "mkdir", "${outside}\\new");
    denied(
        cases,
        "WIN-CASE",
        "a file outside is not overwritten by a spelling in another case",
        write,
        "overwrite",
        "${outside}\\FILE");
    denied(
        cases,
        "WIN-RAW-NAME",
        "a file outside is not overwritten by a raw name",
        write,
        "raw-name",
        "${outside}\\file");
    denied(
        cases,
        "WIN-DOTS",
        "a file outside is not overwritten by a path that leads through the workspace",
        write,
        "overwrite",
        "${workspace}\\inner\\..\\..\\outside\\file");
    denied(
        cases,
        "WIN-MOVE-OUT",
        "a file is not moved out of the workspace",
        write,
        "rename",
        "${workspace}\\file",
        "${outside}\\moved");
    denied(
        cases,
        "WIN-LINK-IN",
        "a file outside gets no name in the workspace",
        write,
        "link",
        "${outside}\\file",
        "${workspace}\\linked");
    denied(
        cases,
        "WIN-JUNCTION",
        "nothing is made through a junction",
        write,
        "junction-then-create",
        "${workspace}\\door",
        "${outside}",
        "new");
    denied(
        cases,
        "WIN-ATTRIBUTES",
        "attributes of a file outside are not changed",
        "files.metadata",
        "attributes",
        "${outside}\\file");
    denied(
        cases,
        "WIN-ICACLS",
        "permissions of a file outside are not changed",
        "files.metadata",
        "run",
        "icacls.exe",
        "${outside}\\file",
        "/grant",
        "*S-1-1-0:F");
    denied(
        cases,
        "WIN-DELETE",
        "a file outside is not deleted",
        "files.delete",
        "delete",
        "${outside}\\file");
    denied(
        cases,
        "WIN-DELETE-CREATE",
        "a file outside is not deleted and made again",
        "files.delete",
        "delete-and-create",
        "${outside}\\file");
    denied(
        cases,
        "WIN-RMDIR",
        "a directory outside is not emptied",
        "files.delete",
        "delete",
        "${outside}\\directory\\file");
    denied(
        cases,
        "WIN-MOVE-IN",
        "a file outside is not moved in",
        "files.delete",
        "rename",
        "${outside}\\file",
        "${workspace}\\moved");
    denied(
        cases, "WIN-READ", "a file outside is not read", "files.read", "read", "${outside}\\file");
    denied(
        cases, "WIN-LIST", "a directory outside is not listed", "files.read", "list", "${outside}");
    denied(
        cases,
        "WIN-LOOPBACK",
        "a server of the host is not reached",
        "network.external",
        "connect",
        "${port}");
    denied(
        cases,
        "WIN-TASKKILL",
        "a process outside is not ended",
        "process.signals",
        "run",
        "taskkill.exe",
        "/f",
        "/pid",
        "${victim}");
    denied(
        cases,
        "WIN-REG-RUN",
        "the programs of the next logon are not changed",
        "registry.write",
        "run",
        "reg.exe",
        "add",
        "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce",
        "/v",
        "ringfence-conformance",
        "/d",
        "rem",
        "/f");
    allowed(
        cases, "WIN-OK-CREATE", "a file in the workspace is made", "create", "${workspace}\\new");
    allowed(
        cases,
        "WIN-OK-OVERWRITE",
        "a file in the workspace is overwritten",
        "overwrite",
        "${workspace}\\file");
    allowed(
        cases,
        "WIN-OK-DELETE",
        "a file in the workspace is deleted",
        "delete",
        "${workspace}\\file");
    allowed(
        cases,
        "WIN-OK-RENAME",
        "a file in the workspace is renamed",
        "rename",
        "${workspace}\\file",
        "${workspace}\\inner\\renamed");
    allowed(
        cases,
        "WIN-OK-MKDIR",
        "a directory in the workspace is made",
        "mkdir",
        "${workspace}\\made");
    allowed(
        cases,
        "WIN-OK-PROGRAM",
        "a program inside starts a program",
        "run",
        "cmd.exe",
        "/d",
        "/c",
        "exit 0");
    add(
        cases,
        "WIN-TREE",
        "a process that a command started ends with the command",
        List.of(),
        WindowsScenarios::tree);
    add(
        cases,
        "WIN-OTHER-ROOT",
        "the root of another sandbox is not written",
        List.of(write),
        WindowsScenarios::otherRoot);
    add(
        cases,
        "WIN-PLANTED",
        "a program planted in the workspace is not found by its name, not by cmd.exe either",
        List.of(),
        WindowsScenarios::planted);
    add(
        cases,
        "WIN-BATCH",
        "an argument that cmd.exe would interpret is refused",
        List.of(),
        WindowsScenarios::batch);
    add(
        cases,
        "WIN-CARVED",
        "a file below a writable root that a rule takes away is not made",
        List.of(write),
        ToolProgram::carved);
    add(
        cases,
        "WIN-SMB",
        "a file server is reached only where the plan does not call the network closed",
        List.of(),
        ToolProgram::smb);
    for (ToolProgram tool : ToolProgram.values()) {
      add(cases, tool.id(), tool.title(), List.of(), tool::run);
    }
    for (OtherProgram other : OtherProgram.values()) {
      add(cases, other.id(), other.title(), List.of(), other::run);
    }
  }

  private static void add(
      List<ConformanceCase> cases, String id, String title, List<String> needs, Body body) {
    cases.add(new ConformanceCase(id, GROUP, title, needs, body));
  }

  private static void denied(
      List<ConformanceCase> cases, String id, String title, String need, String... probe) {
    List<String> needs = List.of(need);
    add(
        cases,
        id,
        title,
        needs,
        new ProbeBody(POLICY, needs, List.of(probe), ProbeBody.Expected.DENIED, List.of()));
  }

  private static void allowed(
      List<ConformanceCase> cases, String id, String title, String... probe) {
    add(
        cases,
        id,
        title,
        List.of(),
        new ProbeBody(POLICY, List.of(), List.of(probe), ProbeBody.Expected.OK, List.of()));
  }

  private static Sandbox open(TestContext stage) throws Exception {
    return stage.open(stage.policy(POLICY), List.of());
  }

  private static Outcome tree(TestContext stage) throws Exception {
    stage.windows().reset();
    Path late = stage.windows().workspace().resolve("late");
    try (Sandbox sandbox = open(stage)) {
      sandbox
          .start(
              SandboxCommand.of(
                  "cmd.exe",
                  "/d",
                  "/c",
                  "start /b cmd /d /c \"ping -n 5 127.0.0.1 >nul & echo x >late\""))
          .waitFor();
      TimeUnit.SECONDS.sleep(7);
    }
    return Files.exists(late)
        ? Outcome.failed("a process went on after the command's end")
        : Outcome.passed();
  }

  private static Outcome otherRoot(TestContext stage) throws Exception {
    stage.windows().reset();
    Path other = Files.createDirectories(stage.windows().outside().resolve("root"));
    try (Sandbox first = stage.open(stage.policy(POLICY), List.of("files.write"), other);
        Sandbox second = open(stage)) {
      List<String> probe = stage.windows().probe(List.of("create", "${outside}\\root\\new"));
      String own = CapturedProcess.of(first.start(SandboxCommand.of(probe))).result();
      if (!own.startsWith("OK")) {
        return Outcome.failed("the control does not succeed: " + own);
      }
      Files.delete(other.resolve("new"));
      String foreign = CapturedProcess.of(second.start(SandboxCommand.of(probe))).result();
      return foreign.startsWith("DENIED")
          ? Outcome.passed()
          : Outcome.failed("expected to be denied, but: " + foreign);
    }
  }

  /** cmd.exe looks in the current directory first, unless its environment says otherwise. */
  private static Outcome planted(TestContext stage) throws Exception {
    stage.windows().reset();
    Path shell = Path.of(System.getenv("SystemRoot"), "System32", "cmd.exe");
    Files.copy(shell, stage.windows().workspace().resolve("planted.exe"));
    List<String> command = List.of("cmd.exe", "/d", "/c", "planted /d /c exit 0");
    int control =
        new ProcessBuilder(command)
            .directory(stage.windows().workspace().toFile())
            .start()
            .waitFor();
    if (control != 0) {
      return Outcome.failed("the control exits with " + control);
    }
    try (Sandbox sandbox = open(stage)) {
      int inside = sandbox.start(SandboxCommand.of(command)).waitFor();
      return inside == 0 ? Outcome.failed("it was found") : Outcome.passed();
    }
  }

  private static Outcome batch(TestContext stage) throws Exception {
    stage.windows().reset();
    Path batch = stage.windows().workspace().resolve("x.bat");
    Files.writeString(batch, "@exit 0\r\n");
    try (Sandbox sandbox = open(stage)) {
      int control = sandbox.start(SandboxCommand.of(batch.toString(), "a & b")).waitFor();
      if (control != 0) {
        return Outcome.failed("the control exits with " + control);
      }
      sandbox.start(SandboxCommand.of(batch.toString(), "%PATH%")).waitFor();
      return Outcome.failed("it was started");
    } catch (SandboxException e) {
      return e.getMessage().contains("cmd.exe would interpret")
          ? Outcome.passed()
          : Outcome.failed(e.toString());
    }
  }
}
