package org.ringfence.windows.tool;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Common programs, and the objects that they cannot do without. From documents and from traces and
 * reports of others; a program that is not in a list here may still fail.
 */
public enum ToolModel {
  /** The scripts of npm and Gradle discard output in this way. */
  CMD("cmd.exe with output to NUL", Set.of(OpenedObject.NULL_DEVICE)),

  /** {@code curl.exe}, package managers, language servers. */
  NETWORK("programs with sockets", Set.of(OpenedObject.SOCKET)),

  /** Started without a window or a console to inherit. */
  CONSOLE_PROGRAM("console programs", Set.of(OpenedObject.CONSOLE)),

  /** {@code powershell.exe} 5.1. */
  POWERSHELL("PowerShell", Set.of(OpenedObject.CLR_START, OpenedObject.OWN_TOKEN)),

  /** {@code realpath} looks at each directory from the root on: denoland/deno#35543. */
  NODE("Node", Set.of(OpenedObject.DRIVE_ROOT, OpenedObject.PARENT)),

  /** openai/codex#44838, #45027: {@code spawn EPERM} with any piped stream. */
  NODE_PIPED("Node with piped children", Set.of(OpenedObject.OWN_NAMED_PIPE)),

  /** {@code multiprocessing} and {@code asyncio.subprocess} use named pipes. */
  PYTHON_MULTIPROCESSING("Python's multiprocessing", Set.of(OpenedObject.OWN_NAMED_PIPE)),

  /** openai/codex, pull request 20270: it hangs. */
  NINJA("Ninja", Set.of(OpenedObject.OWN_NAMED_PIPE)),

  /** Nodes of MSBuild talk over named pipes. */
  MSBUILD("MSBuild with several nodes", Set.of(OpenedObject.OWN_NAMED_PIPE)),

  /**
   * {@code bash} of Git for Windows: sandbox-runtime, {@code winsta.rs}: NtCreateDirectoryObject.
   */
  MSYS(
      "MSYS and Cygwin programs",
      Set.of(OpenedObject.SESSION_NAMES, OpenedObject.OWN_TOKEN, OpenedObject.NULL_DEVICE)),

  /** Since 2.35.2 it asks for the owner of the repository. */
  GIT("Git", Set.of(OpenedObject.OWN_TOKEN, OpenedObject.NULL_DEVICE)),

  /** {@code dotnet}. */
  DOTNET(".NET", Set.of(OpenedObject.OWN_TOKEN)),

  /** {@code java}. */
  JAVA("Java", Set.of(OpenedObject.OWN_TOKEN));

  private final String name;
  private final Set<OpenedObject> needed;

  ToolModel(String name, Set<OpenedObject> needed) {
    this.name = name;
    this.needed = needed;
  }

  /**
   * Returns whether a process can run this program, by the model.
   *
   * @param caller the process
   * @return false if an object that the program needs is closed to it
   */
  public boolean runs(ProgramCaller caller) {
    return needed.stream().allMatch(object -> object.opens(caller))
        && (this != GIT || ownsWorkspace(caller) || caller.safeDirectory());
  }

  private static boolean ownsWorkspace(ProgramCaller caller) {
    return caller.token().user().equals(caller.workspaceOwner());
  }

  /**
   * Describes the programs that a process cannot run.
   *
   * @param caller the process
   * @return a part of a sentence for each closed object, with the programs that need it
   */
  public static List<String> failing(ProgramCaller caller) {
    Map<OpenedObject, List<String>> closed = new EnumMap<>(OpenedObject.class);
    for (ToolModel tool : values()) {
      tool.needed.stream()
          .filter(object -> !object.opens(caller))
          .forEach(
              object -> closed.computeIfAbsent(object, key -> new ArrayList<>()).add(tool.name));
    }
    List<String> parts = new ArrayList<>();
    closed.forEach((object, tools) -> parts.add(String.join(", ", tools) + " (" + object + ")"));
    if (!ownsWorkspace(caller) && !caller.safeDirectory()) {
      parts.add("Git (another user owns the workspace)");
    }
    return parts;
  }

  /** Returns the program's name. */
  @Override
  public String toString() {
    return name;
  }
}
