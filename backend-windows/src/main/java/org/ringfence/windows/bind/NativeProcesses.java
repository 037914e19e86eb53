package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.handle;
import static org.ringfence.windows.bind.NativeWindows.owned;
import static org.ringfence.windows.bind.NativeWindows.wide;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.Tlhelp32;
import com.sun.jna.platform.win32.WinBase;
import com.sun.jna.platform.win32.WinBase.PROCESS_INFORMATION;
import com.sun.jna.platform.win32.WinDef.DWORD;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.platform.win32.WinNT.HANDLEByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.mitigation.ProcessMitigation;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

final class NativeProcesses implements Processes {
  private static final int CREATE_SUSPENDED = 0x4;
  private static final int CREATE_UNICODE_ENVIRONMENT = 0x400;
  private static final int EXTENDED_STARTUPINFO_PRESENT = 0x80000;
  private static final int CREATE_BREAKAWAY_FROM_JOB = 0x01000000;
  private static final int CREATE_NO_WINDOW = 0x08000000;
  private static final int HANDLE_FLAG_INHERIT = 1;
  private static final int DUPLICATE_SAME_ACCESS = 2;
  private static final int PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
  private static final int WAIT_TIMEOUT = 258;

  /**
   * {@code SEM_FAILCRITICALERRORS}, {@code SEM_NOGPFAULTERRORBOX} and {@code
   * SEM_NOOPENFILEERRORBOX}. New processes inherit the mode of the one that makes them.
   */
  private static final int NO_DIALOGS = 0x8003;

  private static final int FIRST_STANDARD = -10;
  private static final int ROWS_SHIFT = 16;
  private static final Kernel32Calls KERNEL = Kernel32Calls.INSTANCE;

  @Override
  public Started create(ProcessRequest request) throws WindowsCallException {
    int flags = CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    StartupInfoEx startup = new StartupInfoEx();
    startup.cb = startup.size();
    startup.flags = StartupInfoEx.USE_STD_HANDLES;
    if (request.breakaway()) {
      flags |= CREATE_BREAKAWAY_FROM_JOB;
    }
    if (request.console().isEmpty()) {
      flags |= CREATE_NO_WINDOW;
      startup.stdInput = NativeWindows.pointer(request.standard().get(0));
      startup.stdOutput = NativeWindows.pointer(request.standard().get(1));
      startup.stdError = NativeWindows.pointer(request.standard().get(2));
    }
    try (ProcessAttributes attributes = new ProcessAttributes(request);
        Memory environment = block(request.environment());
        Memory desktop = wide(request.desktop().orElse(""))) {
      startup.desktop = request.desktop().isPresent() ? desktop : null;
      startup.attributeList = attributes.list();
      startup.write();
      PROCESS_INFORMATION made = new PROCESS_INFORMATION();
      // The call may write into the command line.
      char[] line = (request.commandLine() + "\0").toCharArray();
      boolean inherit = request.console().isEmpty();
      // A program whose libraries do not start ends with a code, and waits for nobody at a dialog.
      int mode = KERNEL.SetErrorMode(NO_DIALOGS);
      KERNEL.SetErrorMode(mode | NO_DIALOGS);
      if (request.token().isPresent()) {
        check(
            Advapi32Calls.INSTANCE.CreateProcessAsUserW(
                handle(request.token().get()),
                request.program(),
                line,
                null,
                null,
                inherit,
                flags,
                environment,
                request.directory(),
                startup.getPointer(),
                made),
            "CreateProcessAsUserW");
      } else {
        check(
            KERNEL.CreateProcessW(
                request.program(),
                line,
                null,
                null,
                inherit,
                flags,
                environment,
                request.directory(),
                startup.getPointer(),
                made),
            "CreateProcessW");
      }
      return new Started(owned(made.hProcess), owned(made.hThread), made.dwProcessId.intValue());
    }
  }

  private static Memory block(String environment) {
    Memory memory = new Memory((long) environment.length() * Character.BYTES);
    memory.write(0, environment.toCharArray(), 0, environment.length());
    return memory;
  }

  @Override
  public Set<ProcessMitigation> mitigations(Handle process) throws WindowsCallException {
    Set<ProcessMitigation> told = EnumSet.noneOf(ProcessMitigation.class);
    try (Memory flags = new Memory(Integer.BYTES)) {
      for (ProcessMitigation each : ProcessMitigation.values()) {
        flags.clear();
        check(
            KERNEL.GetProcessMitigationPolicy(
                handle(process), each.policy(), flags, new Pointer(flags.size())),
            "GetProcessMitigationPolicy");
        if ((flags.getInt(0) & each.flag()) != 0) {
          told.add(each);
        }
      }
    }
    return told;
  }

  @Override
  public void resume(Handle thread) throws WindowsCallException {
    check(KERNEL.ResumeThread(handle(thread)) != -1, "ResumeThread");
  }

  @Override
  public boolean await(Handle process, int millis) throws WindowsCallException {
    int waited = KERNEL.WaitForSingleObject(handle(process), millis);
    check(waited != WinBase.WAIT_FAILED, "WaitForSingleObject");
    return waited != WAIT_TIMEOUT;
  }

  @Override
  public int exitCode(Handle process) throws WindowsCallException {
    IntByReference code = new IntByReference();
    check(KERNEL.GetExitCodeProcess(handle(process), code), "GetExitCodeProcess");
    return code.getValue();
  }

  @Override
  public void terminate(Handle process, int exitCode) throws WindowsCallException {
    check(KERNEL.TerminateProcess(handle(process), exitCode), "TerminateProcess");
  }

  @Override
  public List<Handle> openThreads() throws WindowsCallException {
    HANDLE snapshot = KERNEL.CreateToolhelp32Snapshot(Tlhelp32.TH32CS_SNAPTHREAD, new DWORD(0));
    check(!WinBase.INVALID_HANDLE_VALUE.equals(snapshot), "CreateToolhelp32Snapshot");
    List<Handle> threads = new ArrayList<>();
    boolean done = false;
    try (Handle owned = owned(snapshot)) {
      int self = KERNEL.GetCurrentProcessId();
      Tlhelp32.THREADENTRY32 entry = new Tlhelp32.THREADENTRY32();
      boolean more = KERNEL.Thread32First(snapshot, entry);
      check(more, "Thread32First");
      while (more) {
        if (entry.th32OwnerProcessID == self) {
          HANDLE thread = KERNEL.OpenThread(AccessMask.WRITE_DAC, false, entry.th32ThreadID);
          int code = thread == null ? Native.getLastError() : 0;
          if (thread != null) {
            threads.add(owned(thread));
          } else if (code != WindowsError.INVALID_PARAMETER.code()
              && code != WindowsError.ACCESS_DENIED.code()) {
            // 87: the thread has ended since. 5: its list is closed already.
            throw new WindowsCallException("OpenThread", code);
          }
        }
        more = KERNEL.Thread32Next(snapshot, entry);
      }
      done = true;
      return threads;
    } finally {
      if (!done) {
        threads.forEach(Handle::close);
      }
    }
  }

  @Override
  public long creationTime(int pid) throws WindowsCallException {
    HANDLE process = KERNEL.OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, false, pid);
    if (process == null) {
      int code = Native.getLastError();
      if (code == WindowsError.INVALID_PARAMETER.code()) {
        return 0;
      }
      throw new WindowsCallException("OpenProcess", code);
    }
    try (Handle owned = owned(process)) {
      if (exitCode(owned) != STILL_ACTIVE) {
        // Another process still holds a handle to one that has ended.
        return 0;
      }
      LongByReference creation = new LongByReference();
      check(
          KERNEL.GetProcessTimes(
              process,
              creation,
              new LongByReference(),
              new LongByReference(),
              new LongByReference()),
          "GetProcessTimes");
      return creation.getValue();
    }
  }

  @Override
  public Pipe pipe() throws WindowsCallException {
    HANDLEByReference read = new HANDLEByReference();
    HANDLEByReference write = new HANDLEByReference();
    check(KERNEL.CreatePipe(read, write, null, 0), "CreatePipe");
    return new Pipe(owned(read.getValue()), owned(write.getValue()));
  }

  @Override
  public Handle standard(int number) throws WindowsCallException {
    HANDLE handle = KERNEL.GetStdHandle(FIRST_STANDARD - number);
    check(handle != null && !WinBase.INVALID_HANDLE_VALUE.equals(handle), "GetStdHandle");
    HANDLE self = KERNEL.GetCurrentProcess();
    HANDLEByReference copy = new HANDLEByReference();
    check(
        KERNEL.DuplicateHandle(self, handle, self, copy, 0, true, DUPLICATE_SAME_ACCESS),
        "DuplicateHandle");
    return owned(copy.getValue());
  }

  @Override
  public void letInherit(Handle handle) throws WindowsCallException {
    check(
        KERNEL.SetHandleInformation(handle(handle), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT),
        "SetHandleInformation");
  }

  @Override
  public Handle thisProcess() {
    return new Handle(
        com.sun.jna.Pointer.nativeValue(KERNEL.GetCurrentProcess().getPointer()), number -> {});
  }

  @Override
  public long duplicateInto(Handle handle, Handle process) throws WindowsCallException {
    HANDLEByReference copy = new HANDLEByReference();
    check(
        KERNEL.DuplicateHandle(
            KERNEL.GetCurrentProcess(),
            handle(handle),
            handle(process),
            copy,
            0,
            true,
            DUPLICATE_SAME_ACCESS),
        "DuplicateHandle");
    return Pointer.nativeValue(copy.getValue().getPointer());
  }

  @Override
  public Handle adopt(long number) {
    return owned(new HANDLE(new Pointer(number)));
  }

  @Override
  public int read(Handle pipe, byte[] buffer, int offset, int length) throws WindowsCallException {
    byte[] target = offset == 0 && length == buffer.length ? buffer : new byte[length];
    IntByReference count = new IntByReference();
    if (!KERNEL.ReadFile(handle(pipe), target, length, count, null)) {
      int code = Native.getLastError();
      if (code == WindowsError.BROKEN_PIPE.code()) {
        return -1;
      }
      throw new WindowsCallException("ReadFile", code);
    }
    if (target != buffer) {
      System.arraycopy(target, 0, buffer, offset, count.getValue());
    }
    return count.getValue();
  }

  @Override
  public int available(Handle pipe) throws WindowsCallException {
    IntByReference total = new IntByReference();
    if (!KERNEL.PeekNamedPipe(handle(pipe), null, 0, null, total, null)) {
      int code = Native.getLastError();
      if (code == WindowsError.BROKEN_PIPE.code()) {
        return 0;
      }
      throw new WindowsCallException("PeekNamedPipe", code);
    }
    return total.getValue();
  }

  @Override
  public void write(Handle pipe, byte[] buffer, int offset, int length)
      throws WindowsCallException {
    int done = 0;
    while (done < length) {
      byte[] rest = java.util.Arrays.copyOfRange(buffer, offset + done, offset + length);
      IntByReference count = new IntByReference();
      check(KERNEL.WriteFile(handle(pipe), rest, rest.length, count, null), "WriteFile");
      done += count.getValue();
    }
  }

  @Override
  public Handle console(int columns, int rows, Handle input, Handle output)
      throws WindowsCallException {
    PointerByReference console = new PointerByReference();
    int result;
    try {
      result =
          KERNEL.CreatePseudoConsole(
              size(columns, rows), handle(input), handle(output), 0, console);
    } catch (UnsatisfiedLinkError e) {
      throw new WindowsCallException("CreatePseudoConsole", WindowsError.NOT_SUPPORTED.code());
    }
    if (result != 0) {
      throw new WindowsCallException("CreatePseudoConsole", result);
    }
    return new Handle(
        Pointer.nativeValue(console.getValue()),
        value -> KERNEL.ClosePseudoConsole(new Pointer(value)));
  }

  @Override
  public void resize(Handle console, int columns, int rows) throws WindowsCallException {
    int result = KERNEL.ResizePseudoConsole(new Pointer(console.value()), size(columns, rows));
    if (result != 0) {
      throw new WindowsCallException("ResizePseudoConsole", result);
    }
  }

  /** Returns a {@code COORD} by value. */
  private static int size(int columns, int rows) {
    return rows << ROWS_SHIFT | columns;
  }
}
