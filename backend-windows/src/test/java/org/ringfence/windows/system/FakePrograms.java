package org.ringfence.windows.system;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.tool.OpenedObject;
import org.ringfence.windows.tool.ProgramCaller;

/**
 * The system programs of a {@link FakeWindows}: they open the objects of the tool model with their
 * token, and end as they would when one is closed.
 */
public final class FakePrograms {
  /** {@code E_ACCESSDENIED}, with which the .NET Framework ends. */
  private static final int DENIED = 0x80070005;

  /** The exit code of the canary's script where its pipe is closed. */
  private static final int PIPE_CLOSED = 17;

  private static final int COULD_NOT_CONNECT = 7;

  /** Objects whose lists this machine has opened to all, unlike the model. */
  public final Set<OpenedObject> opened = EnumSet.noneOf(OpenedObject.class);

  /** Whether a filter for a user matches the restricted tokens of that user. */
  public boolean filtersMatchRestrictedTokens = true;

  /** If set, curl connects to nothing, as where a library of its own is missing. */
  public boolean curlFails;

  /** How often commands whose line contains a text do not end, as on a busy machine. */
  public final Map<String, Integer> unending = new HashMap<>();

  private final FakeWindows windows;

  FakePrograms(FakeWindows windows) {
    this.windows = windows;
  }

  /** Returns the exit code of a program that runs with a token; empty while it does not end. */
  Optional<Integer> run(TokenFacts token, ProcessRequest request) {
    for (Map.Entry<String, Integer> one : unending.entrySet()) {
      if (request.commandLine().contains(one.getKey()) && one.getValue() > 0) {
        one.setValue(one.getValue() - 1);
        return Optional.empty();
      }
    }
    return Optional.of(exitCode(token, request));
  }

  private int exitCode(TokenFacts token, ProcessRequest request) {
    ProgramCaller caller = caller(token, request);
    String line = request.commandLine();
    if (line.contains("powershell.exe")) {
      if (!opens(OpenedObject.CLR_START, caller)) {
        return DENIED;
      }
      return opens(OpenedObject.OWN_NAMED_PIPE, caller) ? 0 : PIPE_CLOSED;
    }
    if (!opens(OpenedObject.CONSOLE, caller)) {
      return WindowsError.STATUS_DLL_INIT_FAILED.code();
    }
    if (line.contains("echo x>nul")) {
      return opens(OpenedObject.NULL_DEVICE, caller) ? 0 : 1;
    }
    if (line.contains("if not exist")) {
      return opens(OpenedObject.DRIVE_ROOT, caller) ? 0 : 1;
    }
    if (line.contains("curl.exe")) {
      return !curlFails && opens(OpenedObject.SOCKET, caller) && connects(token, line)
          ? 0
          : COULD_NOT_CONNECT;
    }
    // The canaries that read and write a user's file.
    return line.contains("echo changed") || line.contains("type ") ? 1 : 0;
  }

  private boolean opens(OpenedObject object, ProgramCaller caller) {
    return opened.contains(object) || object.opens(caller);
  }

  private boolean connects(TokenFacts token, String line) {
    int port = Integer.parseInt(line.replaceAll("(?s).*127\\.0\\.0\\.1:([0-9]+).*", "$1"));
    InetAddress loopback = InetAddress.getLoopbackAddress();
    boolean matched = filtersMatchRestrictedTokens || !token.restricted();
    if (token.appContainer()
        || matched && !windows.administration.reaches(token.user(), true, loopback, port)) {
      return false;
    }
    try {
      new Socket(loopback, port).close();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static ProgramCaller caller(TokenFacts token, ProcessRequest request) {
    Set<Sid> groups =
        token
            .logon()
            .map(logon -> Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS, logon))
            .orElse(Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS));
    AccessToken caller = AccessToken.of(token.user(), groups);
    if (token.restricted()) {
      caller = caller.restricted(Set.copyOf(token.restricting()), true);
    }
    if (request.container().isPresent()) {
      caller =
          caller.inContainer(
              new AccessToken.Container(
                  request.container().get().packageSid(),
                  Set.copyOf(request.container().get().capabilities()),
                  request.container().get().lessPrivileged()));
    }
    return new ProgramCaller(caller, token.user(), token.user(), token.logon(), true, true);
  }

  /** The files of the programs, so that the search for them ends. */
  public void install() {
    for (String name :
        new String[] {
          "cmd.exe", "rundll32.exe", "curl.exe", "WindowsPowerShell\\v1.0\\powershell.exe"
        }) {
      windows.file("C:\\Windows\\System32\\" + name).attributes = 0;
    }
  }
}
