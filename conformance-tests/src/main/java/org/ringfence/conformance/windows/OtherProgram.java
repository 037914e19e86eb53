package org.ringfence.conformance.windows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.conformance.stage.WindowsFixture;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.SandboxPolicy;

/**
 * A system component that acts for its clients, outside of any job or token of the client. A file
 * outside of the workspace, or a contact of a server, shows its action.
 */
enum OtherProgram {
  /** {@code Win32_Process.Create}. */
  WMI(
      "WIN-WMI",
      "WMI starts no program that writes outside",
      script(
          "Set processes = GetObject(\"winmgmts:\\\\.\\root\\cimv2:Win32_Process\")",
          "WScript.Quit processes.Create(\"cmd.exe /d /c echo x>\" & Chr(34) & \"${told}\""
              + " & Chr(34), null, null, pid)"),
      List.of("cscript.exe", "//nologo", "//b", "${script}"),
      List.of()),
  /** {@code schtasks}. */
  SCHEDULER(
      "WIN-SCHEDULER",
      "the task scheduler starts no program that writes outside",
      script("@echo x>\"${told}\""),
      List.of(
          "cmd.exe",
          "/d",
          "/c",
          "schtasks /create /f /tn ${name} /sc once /st 23:59 /tr \"${outsideScript}\""
              + " && schtasks /run /tn ${name}"),
      List.of("schtasks", "/delete", "/f", "/tn", "${name}")),
  /** {@code bitsadmin}. */
  BITS(
      "WIN-BITS",
      "the background transfer service reaches no server",
      "",
      List.of("bitsadmin.exe", "/transfer", "${name}", "http://127.0.0.1:${port}/", "${told}"),
      List.of("bitsadmin.exe", "/reset")),
  /** The WebDAV client, a service, which connects for {@code dir} of a network path. */
  WEBDAV(
      "WIN-WEBDAV",
      "the WebDAV client reaches no server",
      "",
      List.of("cmd.exe", "/d", "/c", "dir \\\\127.0.0.1@${port}\\DavWWWRoot\\"),
      List.of()),
  /**
   * The proxy discovery of WinHTTP, a service, which fetches a script of rules for its clients
   * ({@code WINHTTP_AUTOPROXY_RUN_OUTPROCESS_ONLY | WINHTTP_AUTOPROXY_CONFIG_URL}).
   */
  WPAD(
      "WIN-WPAD",
      "the proxy discovery reaches no server",
      script(
          "# Asks for the proxy that a script names.",
          "Add-Type -TypeDefinition @'",
          "using System; using System.Runtime.InteropServices;",
          "[StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)] public struct Asked {",
          "  public int flags; public int detect; public string script; public IntPtr reserved;",
          "  public int more; public int logon; }",
          "[StructLayout(LayoutKind.Sequential)] public struct Told {",
          "  public int access; public IntPtr proxy; public IntPtr bypass; }",
          "public static class WinHttp {",
          "  [DllImport(\"winhttp.dll\", CharSet = CharSet.Unicode)] public static extern IntPtr",
          "    WinHttpOpen(string agent, int access, string proxy, string bypass, int flags);",
          "  [DllImport(\"winhttp.dll\", CharSet = CharSet.Unicode)] public static extern bool",
          "    WinHttpGetProxyForUrl(IntPtr session, string url, ref Asked asked, out Told told);",
          "}",
          "'@",
          "$asked = New-Object Asked; $asked.flags = 0x20002",
          "$asked.script = 'http://127.0.0.1:${port}/proxy.pac'; $told = New-Object Told",
          "$session = [WinHttp]::WinHttpOpen('ringfence', 1, $null, $null, 0)",
          "[void][WinHttp]::WinHttpGetProxyForUrl($session, 'http://192.0.2.1/',"
              + " [ref]$asked, [ref]$told)"),
      List.of(
          "powershell.exe",
          "-NoProfile",
          "-NonInteractive",
          "-ExecutionPolicy",
          "Bypass",
          "-File",
          "${script}"),
      List.of()),
  /** A COM server that runs as the interactive user. */
  COM(
      "WIN-COM",
      "the shell's windows, asked by COM, start no program that writes outside",
      script(
          "Set windows = GetObject(\"new:{9BA05972-F6A8-11CF-A442-00A0C90A8F39}\")",
          "windows.Item().Document.Application.ShellExecute \"cmd.exe\","
              + " \"/d /c echo x>\" & Chr(34) & \"${told}\" & Chr(34), \"\", \"open\", 0"),
      List.of("cscript.exe", "//nologo", "//b", "${script}"),
      List.of()),
  /** {@code sc create}. */
  SERVICE(
      "WIN-SERVICE",
      "the service manager starts no program that writes outside",
      "",
      List.of(
          "cmd.exe",
          "/d",
          "/c",
          "sc create ${name} binPath= \"cmd.exe /d /c echo x>\"\"${told}\"\"\" && sc start"
              + " ${name}"),
      List.of("sc.exe", "delete", "${name}")),
  /** {@code runas}. */
  SECONDARY_LOGON(
      "WIN-RUNAS",
      "the secondary logon starts no program that writes outside",
      script("@echo x>\"${told}\""),
      List.of("runas.exe", "/trustlevel:0x20000", "${outsideScript}"),
      List.of()),
  /**
   * The programs that {@code explorer.exe} opens for others, including packaged apps and their
   * links.
   */
  ACTIVATION(
      "WIN-ACTIVATION",
      "the shell, asked to activate something, starts no program that writes outside",
      script("@echo x>\"${told}\""),
      List.of("explorer.exe", "${outsideScript}"),
      List.of());

  private static final int SECONDS = 10;
  private static final String NAME = "ringfence-conformance";

  private final String id;
  private final String title;
  private final String script;
  private final List<String> command;
  private final List<String> cleaning;

  OtherProgram(
      String id, String title, String script, List<String> command, List<String> cleaning) {
    this.id = id;
    this.title = title;
    this.script = script;
    this.command = command;
    this.cleaning = cleaning;
  }

  private static String script(String... lines) {
    return String.join("\r\n", lines) + "\r\n";
  }

  String id() {
    return id;
  }

  String title() {
    return title;
  }

  /** The expected result of a mode: its plan has to report an action that it does not prevent. */
  enum Expected {
    /** No action happens outside. */
    HELD,
    /** The action happens, and the plan calls neither files nor the network enforced. */
    SAID
  }

  /**
   * Returns the expected result.
   *
   * @param backend the mode
   * @return whether the mode prevents the action
   */
  Expected in(String backend) {
    // The same user asks: the system acts for the command as for the user.
    boolean sameUser = backend.equals("restricted-token");
    if (connects() && backend.equals("dedicated-user")) {
      // The service's own user connects, past the filters of the offline user.
      return Expected.SAID;
    }
    return sameUser && this != SERVICE ? Expected.SAID : Expected.HELD;
  }

  /** Returns whether a service connects to a server for its client, and does nothing else. */
  private boolean connects() {
    return this == WEBDAV || this == WPAD;
  }

  private Path told(WindowsFixture stage) {
    return stage.outside().resolve("told");
  }

  private List<String> filled(WindowsFixture stage, List<String> words) throws IOException {
    String extension = script.startsWith("@") ? ".cmd" : script.startsWith("#") ? ".ps1" : ".vbs";
    Path inside = stage.library().resolve(name().toLowerCase(Locale.ROOT) + extension);
    Path outside = stage.outside().resolve("script" + extension);
    String text =
        script
            .replace("${told}", told(stage).toString())
            .replace("${port}", Integer.toString(stage.port()));
    if (!text.isEmpty()) {
      Files.writeString(inside, text, StandardCharsets.US_ASCII);
      Files.writeString(outside, text, StandardCharsets.US_ASCII);
    }
    return words.stream()
        .map(
            word ->
                word.replace("${told}", told(stage).toString())
                    .replace("${script}", inside.toString())
                    .replace("${outsideScript}", outside.toString())
                    .replace("${port}", Integer.toString(stage.port()))
                    .replace("${name}", NAME))
        .toList();
  }

  private interface Start {
    Process start(List<String> words) throws IOException;
  }

  /** Returns whether an action happened outside. */
  private boolean happens(WindowsFixture stage, Start start)
      throws IOException, InterruptedException {
    stage.reset();
    long contacts = stage.contacts();
    Process process = start.start(filled(stage, command));
    process.getOutputStream().close();
    boolean happened = false;
    for (int tenths = 0; !happened && tenths < 10 * SECONDS; tenths++) {
      happened = Files.exists(told(stage)) || stage.contacts() != contacts;
      TimeUnit.MILLISECONDS.sleep(100);
    }
    process.destroyForcibly();
    clean(stage);
    return happened;
  }

  private void clean(WindowsFixture stage) throws IOException, InterruptedException {
    if (!cleaning.isEmpty()) {
      plain(filled(stage, cleaning)).waitFor(SECONDS, TimeUnit.SECONDS);
    }
  }

  private static Process plain(List<String> words) throws IOException {
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Ends the case if the program does nothing outside of a sandbox either. */
  private void requireControl(WindowsFixture fixture)
      throws NotShownException, InterruptedException {
    try {
      if (!happens(fixture, OtherProgram::plain)) {
        throw NotShownException.skipped(
            "the control does nothing: this system does not have it, or not for this user");
      }
    } catch (IOException e) {
      throw NotShownException.skipped("the control cannot be started: " + e.getMessage());
    }
  }

  Outcome run(TestContext stage) throws Exception {
    WindowsFixture fixture = stage.windows();
    SandboxPolicy policy = stage.policy("write");
    SandboxPlan plan = stage.require(policy, List.of(), fixture.workspace());
    requireControl(fixture);
    boolean happened;
    try (Sandbox sandbox = stage.open(policy, List.of())) {
      happened = happens(fixture, words -> sandbox.start(SandboxCommand.of(words)));
    } catch (SandboxException e) {
      // A program that is refused by name does nothing either.
      happened = false;
    }
    if (!happened) {
      return Outcome.passed();
    }
    if (in(stage.backend().info().id()) == Expected.HELD) {
      return Outcome.failed("expected to be denied, but: OK, something happened outside");
    }
    List<String> open =
        connects()
            ? List.of("network.external")
            : List.of("files.write", "files.metadata", "network.external", "lifetime.tree");
    for (PlannedGuarantee guarantee : plan.guarantees()) {
      if (guarantee.level() == Enforcement.ENFORCED && open.contains(guarantee.id())) {
        return Outcome.failed("it happened, but the plan calls " + guarantee.id() + " enforced");
      }
    }
    return Outcome.passed();
  }
}
