package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.owned;

import com.sun.jna.Native;
import com.sun.jna.platform.win32.Advapi32Util;
import com.sun.jna.platform.win32.Shell32;
import com.sun.jna.platform.win32.ShellAPI.SHELLEXECUTEINFO;
import com.sun.jna.platform.win32.Win32Exception;
import com.sun.jna.platform.win32.WinBase;
import com.sun.jna.platform.win32.WinBase.PROCESS_INFORMATION;
import com.sun.jna.platform.win32.WinBase.STARTUPINFO;
import com.sun.jna.platform.win32.WinReg;
import com.sun.jna.ptr.IntByReference;
import java.util.HashSet;
import java.util.Set;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Logons;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

final class NativeLogons implements Logons {
  private static final int LOGON_WITH_PROFILE = 1;
  private static final int CREATE_SUSPENDED = 0x4;
  private static final int CREATE_UNICODE_ENVIRONMENT = 0x400;
  private static final int CREATE_NO_WINDOW = 0x08000000;

  /** The call truncates longer lines without an error. */
  private static final int LONGEST_COMMAND_LINE = 1023;

  private static final int TRIES = 3;
  private static final int PAUSE_MILLIS = 200;

  /** Variables of the user, and those of a session, which go when it ends. */
  private static final String ENVIRONMENT = "Environment";

  private static final String VOLATILE = "Volatile Environment";

  // shellapi.h.
  private static final int SEE_MASK_NOCLOSEPROCESS = 0x40;
  private static final int SEE_MASK_NOASYNC = 0x100;
  private static final int SW_HIDE = 0;

  @Override
  public Processes.Started start(
      String user, String password, String program, String commandLine, String directory)
      throws WindowsCallException {
    if (commandLine.length() > LONGEST_COMMAND_LINE) {
      throw new WindowsCallException(
          "CreateProcessWithLogonW", WindowsError.FILENAME_TOO_LONG.code());
    }
    for (int tried = 1; ; tried++) {
      STARTUPINFO startup = new STARTUPINFO();
      PROCESS_INFORMATION made = new PROCESS_INFORMATION();
      if (Advapi32Calls.INSTANCE.CreateProcessWithLogonW(
          user,
          ".",
          password,
          LOGON_WITH_PROFILE,
          program,
          commandLine,
          CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | CREATE_NO_WINDOW,
          null,
          directory,
          startup,
          made)) {
        return new Processes.Started(
            owned(made.hProcess), owned(made.hThread), made.dwProcessId.intValue());
      }
      int code = Native.getLastError();
      if (code != WindowsError.SERVICE_ALREADY_RUNNING.code() || tried == TRIES) {
        throw new WindowsCallException("CreateProcessWithLogonW", code);
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new WindowsCallException("CreateProcessWithLogonW", code);
      }
    }
  }

  @Override
  public int elevate(String program, String parameters, String directory)
      throws WindowsCallException {
    SHELLEXECUTEINFO request = new SHELLEXECUTEINFO();
    request.fMask = SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC;
    request.lpVerb = "runas";
    request.lpFile = program;
    request.lpParameters = parameters;
    request.lpDirectory = directory;
    request.nShow = SW_HIDE;
    check(Shell32.INSTANCE.ShellExecuteEx(request), "ShellExecuteExW");
    try (Handle process = owned(request.hProcess)) {
      check(
          Kernel32Calls.INSTANCE.WaitForSingleObject(request.hProcess, WinBase.INFINITE)
              != WinBase.WAIT_FAILED,
          "WaitForSingleObject");
      IntByReference code = new IntByReference();
      check(
          Kernel32Calls.INSTANCE.GetExitCodeProcess(request.hProcess, code), "GetExitCodeProcess");
      return code.getValue();
    }
  }

  @Override
  public Set<String> registeredVariables() throws WindowsCallException {
    WinReg.HKEY user = WinReg.HKEY_CURRENT_USER;
    try {
      Set<String> names = new HashSet<>(names(user, ENVIRONMENT));
      names.addAll(names(user, VOLATILE));
      if (Advapi32Util.registryKeyExists(user, VOLATILE)) {
        for (String session : Advapi32Util.registryGetKeys(user, VOLATILE)) {
          names.addAll(names(user, VOLATILE + "\\" + session));
        }
      }
      return names;
    } catch (Win32Exception e) {
      throw new WindowsCallException("Reg*", e.getErrorCode());
    }
  }

  private static Set<String> names(WinReg.HKEY user, String key) {
    return Advapi32Util.registryKeyExists(user, key)
        ? Advapi32Util.registryGetValues(user, key).keySet()
        : Set.of();
  }
}
