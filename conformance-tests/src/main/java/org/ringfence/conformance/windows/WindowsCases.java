package org.ringfence.conformance.windows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.spi.SandboxBackend;

/** The cases of Windows. Each denial has a control: the same operation without a sandbox. */
public final class WindowsCases implements AutoCloseable {
  private static final String GROUP = "windows";
  private static final List<Case> ALL = all();

  private final WindowsStage stage;

  /**
   * A case.
   *
   * @param id its id
   * @param title the property that the case shows
   * @param needs guarantees that have to be enforced for it to apply
   */
  public record About(String id, String title, List<String> needs) {
    /** Returns the group. */
    public String group() {
      return GROUP;
    }
  }

  private interface Body {
    String run(WindowsStage stage) throws Exception;
  }

  private record Case(About about, Body body, Function<WindowsStage, String> inapplicable) {
    private Case(About about, Body body) {
      this(about, body, stage -> "");
    }
  }

  private WindowsCases(WindowsStage stage) {
    this.stage = stage;
  }

  /**
   * Returns the descriptions of all cases.
   *
   * @return all of them
   */
  public static List<About> catalogue() {
    return ALL.stream().map(Case::about).toList();
  }

  /**
   * Prepares the cases.
   *
   * @param backend the backend
   * @return the cases
   * @throws IOException if the fixture cannot be created
   */
  public static WindowsCases against(SandboxBackend backend) throws IOException {
    return new WindowsCases(WindowsStage.create(backend));
  }

  /**
   * Returns why a case does not apply here.
   *
   * @param id its id
   * @return a reason; empty when it applies
   */
  public String inapplicable(String id) {
    String reason = stage.inapplicable(of(id).about().needs());
    return reason.isEmpty() ? of(id).inapplicable().apply(stage) : reason;
  }

  /**
   * Returns a case to run.
   *
   * @param id its id
   * @return returns the failure, empty when the case passed
   */
  public Callable<String> body(String id) {
    return () -> of(id).body().run(stage);
  }

  private static Case of(String id) {
    return ALL.stream().filter(each -> each.about().id().equals(id)).findFirst().orElseThrow();
  }

  @Override
  public void close() throws IOException {
    stage.close();
  }

  private static List<Case> all() {
    List<Case> cases = new ArrayList<>();
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
    cases.add(
        new Case(
            new About(
                "WIN-TREE", "a process that a command started ends with the command", List.of()),
            WindowsCases::tree));
    cases.add(
        new Case(
            new About(
                "WIN-OTHER-ROOT", "the root of another sandbox is not written", List.of(write)),
            WindowsCases::otherRoot));
    cases.add(
        new Case(
            new About(
                "WIN-PLANTED",
                "a program planted in the workspace is not found by its name, not by cmd.exe either",
                List.of()),
            WindowsCases::planted));
    cases.add(
        new Case(
            new About(
                "WIN-BATCH", "an argument that cmd.exe would interpret is refused", List.of()),
            WindowsCases::batch));
    for (OtherProgram other : OtherProgram.values()) {
      cases.add(
          new Case(
              new About(other.id(), other.title(), List.of()), other::run, other::inapplicable));
    }
    return List.copyOf(cases);
  }

  private static void denied(
      List<Case> cases, String id, String title, String need, String... probe) {
    cases.add(new Case(new About(id, title, List.of(need)), stage -> isDenied(stage, probe)));
  }

  private static void allowed(List<Case> cases, String id, String title, String... probe) {
    cases.add(new Case(new About(id, title, List.of()), stage -> isAllowed(stage, probe)));
  }

  private static String result(Process process) throws IOException, InterruptedException {
    process.getOutputStream().close();
    Thread errors = new Thread(() -> drain(process), "errors");
    errors.setDaemon(true);
    errors.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(1, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      return "FAULT it does not end";
    }
    return output
        .lines()
        .filter(line -> line.startsWith("RESULT "))
        .map(line -> line.substring("RESULT ".length()))
        .findFirst()
        .orElse("FAULT exit " + process.exitValue());
  }

  private static void drain(Process process) {
    try {
      process.getErrorStream().transferTo(java.io.OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The result is enough.
      return;
    }
  }

  private static String isDenied(WindowsStage stage, String... probe) throws Exception {
    stage.reset();
    List<String> command = stage.probe(List.of(probe));
    String control =
        result(new ProcessBuilder(command).directory(stage.workspace().toFile()).start());
    if (!control.startsWith("OK")) {
      return "the control does not succeed: " + control;
    }
    stage.reset();
    Map<String, String> before = stage.snapshot();
    long contacts = stage.contacts();
    String inside;
    try (Sandbox sandbox = stage.open()) {
      inside = result(sandbox.start(SandboxCommand.of(stage.probe(List.of(probe)))));
    }
    if (!inside.startsWith("DENIED")) {
      return "expected to be denied, but: " + inside;
    }
    if (!stage.snapshot().equals(before)) {
      return "said " + inside + ", but something outside has changed";
    }
    if (stage.contacts() != contacts) {
      return "said " + inside + ", but a server outside was reached";
    }
    return stage.victimAlive() ? "" : "the process outside has been ended";
  }

  private static String isAllowed(WindowsStage stage, String... probe) throws Exception {
    stage.reset();
    try (Sandbox sandbox = stage.open()) {
      String inside = result(sandbox.start(SandboxCommand.of(stage.probe(List.of(probe)))));
      return inside.startsWith("OK") ? "" : "expected to succeed, but: " + inside;
    }
  }

  private static String tree(WindowsStage stage) throws Exception {
    stage.reset();
    Path late = stage.workspace().resolve("late");
    try (Sandbox sandbox = stage.open()) {
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
    return Files.exists(late) ? "a process went on after the command's end" : "";
  }

  private static String otherRoot(WindowsStage stage) throws Exception {
    stage.reset();
    Path other = Files.createDirectories(stage.outside().resolve("root"));
    try (Sandbox first =
            Sandbox.opener(stage.policy().build())
                .workspace(other)
                .backends(org.ringfence.Backends.of(List.of(stage.backend())))
                .open();
        Sandbox second = stage.open()) {
      List<String> probe = stage.probe(List.of("create", "${outside}\\root\\new"));
      String own = result(first.start(SandboxCommand.of(probe)));
      if (!own.startsWith("OK")) {
        return "the control does not succeed: " + own;
      }
      Files.delete(other.resolve("new"));
      String foreign = result(second.start(SandboxCommand.of(probe)));
      return foreign.startsWith("DENIED") ? "" : "expected to be denied, but: " + foreign;
    }
  }

  /** cmd.exe looks in the current directory first, unless its environment says otherwise. */
  private static String planted(WindowsStage stage) throws Exception {
    stage.reset();
    Path shell = Path.of(System.getenv("SystemRoot"), "System32", "cmd.exe");
    Files.copy(shell, stage.workspace().resolve("planted.exe"));
    List<String> command = List.of("cmd.exe", "/d", "/c", "planted /d /c exit 0");
    int control =
        new ProcessBuilder(command).directory(stage.workspace().toFile()).start().waitFor();
    if (control != 0) {
      return "the control exits with " + control;
    }
    try (Sandbox sandbox = stage.open()) {
      int inside = sandbox.start(SandboxCommand.of(command)).waitFor();
      return inside == 0 ? "it was found" : "";
    }
  }

  private static String batch(WindowsStage stage) throws Exception {
    stage.reset();
    Path batch = stage.workspace().resolve("x.bat");
    Files.writeString(batch, "@exit 0\r\n");
    try (Sandbox sandbox = stage.open()) {
      int control = sandbox.start(SandboxCommand.of(batch.toString(), "a & b")).waitFor();
      if (control != 0) {
        return "the control exits with " + control;
      }
      sandbox.start(SandboxCommand.of(batch.toString(), "%PATH%")).waitFor();
      return "it was started";
    } catch (SandboxException e) {
      return e.getMessage().contains("cmd.exe would interpret") ? "" : e.getMessage();
    }
  }
}
