package org.ringfence.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Kinds of workloads with the backends that fit, the best first. {@code doctor --recommend} uses
 * them; docs/choosing.md explains them.
 */
enum Workload {
  /** A coding agent and the programs that it starts: shells, compilers, package managers, git. */
  AGENT(
      "untrusted commands: a coding agent, its shell, its tools",
      List.of("bubblewrap", "landlock", "wsl2", "dedicated-user", "seatbelt", "app-container"),
      Map.of(
          "bubblewrap", "names, files and network are held, also for what does not exist yet",
          "landlock", "the same without namespaces; what may be read below cannot be hidden",
          "wsl2", "the sandbox of Linux, with the doors to Windows shut; tools of Linux",
          "dedicated-user", "another account: files and network by the kernel; tools of Windows",
          "seatbelt", "the system's own sandbox",
          "app-container", "no administrator is needed; PowerShell and MSYS do not start")),
  /** A build of a known project. */
  BUILD(
      "a build or tests of a known project, with tools of this system",
      List.of("landlock", "bubblewrap", "dedicated-user", "wsl2", "seatbelt", "restricted-token"),
      Map.of(
          "landlock", "the lightest that holds files and network",
          "bubblewrap", "holds more, and costs a millisecond more a command",
          "dedicated-user", "tools of Windows as they are, grants by the account",
          "wsl2", "tools of Linux; slow where the workspace lies on a drive of Windows",
          "seatbelt", "the system's own sandbox",
          "restricted-token", "against mistakes, not against an enemy; nothing is set up")),
  /** A program with windows. */
  GUI(
      "a program with windows on the user's desktop",
      List.of("landlock", "bubblewrap", "restricted-token", "seatbelt"),
      Map.of(
          "landlock", "name the display's socket in network.unixSockets",
          "bubblewrap", "name the display's socket in network.unixSockets",
          "restricted-token", "the same user, so that windows work; advisory",
          "seatbelt", "the system's own sandbox")),
  /** A packaged app from a store. */
  PACKAGED("a packaged app (Store, MSIX), started by its alias", List.of(), Map.of()),
  /** A workspace on a network share or in a cloud folder. */
  SHARE(
      "a workspace on a network share, in OneDrive, on FAT or exFAT",
      List.of("bubblewrap", "landlock", "wsl2"),
      Map.of(
          "bubblewrap", "mounts decide, whatever keeps the files",
          "landlock", "the kernel decides, whatever keeps the files",
          "wsl2", "a copy in the distribution: its files have lists and permissions")),
  /** A continuous integration runner. */
  CI(
      "a job of a runner, often in a container, as root or as an administrator",
      List.of("landlock", "bubblewrap", "dedicated-user", "app-container", "seatbelt"),
      Map.of(
          "landlock", "needs no namespaces, which containers often forbid",
          "bubblewrap", "where user namespaces are allowed",
          "dedicated-user", "set up unattended: runners are administrators",
          "app-container", "nothing is set up",
          "seatbelt", "the system's own sandbox"));

  private final String about;
  private final List<String> backends;
  private final Map<String, String> reasons;

  Workload(String about, List<String> backends, Map<String, String> reasons) {
    this.about = about;
    this.backends = backends;
    this.reasons = reasons;
  }

  /** Returns the description, in one line. */
  String about() {
    return about;
  }

  /** Returns the ids of backends, the best first. */
  List<String> backends() {
    return backends;
  }

  /** Returns why a backend fits. */
  String reason(String backend) {
    return reasons.getOrDefault(backend, "");
  }

  /** Returns the advice when no backend fits. */
  String otherwise() {
    return this == PACKAGED
        ? "none: the system starts packaged apps, not the caller; use the program's own .exe"
        : "none that runs here: see above for what would help";
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
