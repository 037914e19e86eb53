package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.memory;
import static org.ringfence.windows.bind.NativeWindows.owned;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.WinBase;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Optional;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Machine;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

final class NativeMachine implements Machine {
  private static final int UOI_NAME = 2;
  private static final int GENERIC_ALL = 0x10000000;
  private static final int WAIT_ABANDONED = 0x80;
  private static final int WAIT_TIMEOUT = 258;
  private static final int LONGEST_NAME = 512;

  /** {@code RTL_OSVERSIONINFOW}: five numbers, then 128 characters. */
  private static final int VERSION_SIZE = 20 + 128 * 2;

  private static final Kernel32Calls KERNEL = Kernel32Calls.INSTANCE;

  @Override
  public String version() {
    try (Memory information = new Memory(VERSION_SIZE)) {
      information.clear();
      information.setInt(0, VERSION_SIZE);
      NtdllCalls.INSTANCE.RtlGetVersion(information);
      String version =
          "Windows "
              + information.getInt(4)
              + "."
              + information.getInt(8)
              + "."
              + information.getInt(12);
      return wine().map(wine -> version + " as told by Wine " + wine).orElse(version);
    }
  }

  /** Returns the version that Wine reports, if this is Wine. */
  private static Optional<String> wine() {
    try {
      Function version = NativeLibrary.getInstance("ntdll").getFunction("wine_get_version");
      return Optional.of(version.invokeString(new Object[0], false));
    } catch (UnsatisfiedLinkError e) {
      return Optional.empty();
    }
  }

  @Override
  public String systemDirectory() throws WindowsCallException {
    char[] path = new char[LONGEST_NAME];
    int length = KERNEL.GetSystemDirectoryW(path, path.length);
    check(length > 0 && length < path.length, "GetSystemDirectoryW");
    return new String(path, 0, length);
  }

  @Override
  public String windowStation() throws WindowsCallException {
    Pointer station = DesktopCalls.INSTANCE.GetProcessWindowStation();
    check(station != null, "GetProcessWindowStation");
    try (Memory name = new Memory(LONGEST_NAME)) {
      check(
          DesktopCalls.INSTANCE.GetUserObjectInformationW(
              station, UOI_NAME, name, LONGEST_NAME, new IntByReference()),
          "GetUserObjectInformationW");
      return name.getWideString(0);
    }
  }

  @Override
  public Handle desktop(String name, byte[] descriptor) throws WindowsCallException {
    int attributesSize = 3 * Native.POINTER_SIZE;
    try (Memory security = memory(descriptor);
        Memory attributes = new Memory(attributesSize)) {
      attributes.clear();
      attributes.setInt(0, attributesSize);
      attributes.setPointer(Native.POINTER_SIZE, security);
      Pointer desktop =
          DesktopCalls.INSTANCE.CreateDesktopW(name, null, null, 0, GENERIC_ALL, attributes);
      check(desktop != null, "CreateDesktopW");
      return new Handle(
          Pointer.nativeValue(desktop),
          value -> DesktopCalls.INSTANCE.CloseDesktop(new Pointer(value)));
    }
  }

  @Override
  public Handle lock(String name, int millis) throws WindowsCallException {
    HANDLE mutex = KERNEL.CreateMutex(null, false, name);
    check(mutex != null, "CreateMutexW");
    return taken(mutex, millis);
  }

  @Override
  public Handle lock(String name, byte[] descriptor, int millis) throws WindowsCallException {
    try (Memory security = memory(descriptor)) {
      WinBase.SECURITY_ATTRIBUTES attributes = new WinBase.SECURITY_ATTRIBUTES();
      attributes.lpSecurityDescriptor = security;
      HANDLE mutex = KERNEL.CreateMutex(attributes, false, name);
      check(mutex != null, "CreateMutexW");
      return taken(mutex, millis);
    }
  }

  private static Handle taken(HANDLE mutex, int millis) throws WindowsCallException {
    int waited = KERNEL.WaitForSingleObject(mutex, millis);
    if (waited != 0 && waited != WAIT_ABANDONED) {
      int code = waited == WAIT_TIMEOUT ? WAIT_TIMEOUT : Native.getLastError();
      KERNEL.CloseHandle(mutex);
      throw new WindowsCallException("WaitForSingleObject", code);
    }
    Handle owned = owned(mutex);
    return new Handle(
        owned.value(),
        value -> {
          KERNEL.ReleaseMutex(new HANDLE(new Pointer(value)));
          owned.close();
        });
  }

  @Override
  public Sid createContainer(String name, String display) throws WindowsCallException {
    PointerByReference sid = new PointerByReference();
    int result =
        call(
            "CreateAppContainerProfile",
            () ->
                UserenvCalls.INSTANCE.CreateAppContainerProfile(
                    name, display, display, null, 0, sid));
    if (result != 0) {
      throw new WindowsCallException("CreateAppContainerProfile", result);
    }
    try {
      return NativeTokens.sid(sid.getValue());
    } finally {
      Advapi32Calls.INSTANCE.FreeSid(sid.getValue());
    }
  }

  @Override
  public void deleteContainer(String name) throws WindowsCallException {
    int result =
        call(
            "DeleteAppContainerProfile",
            () -> UserenvCalls.INSTANCE.DeleteAppContainerProfile(name));
    if (result != 0) {
      throw new WindowsCallException("DeleteAppContainerProfile", result);
    }
  }

  /** Reports a missing function as unsupported. */
  private static int call(String name, java.util.function.IntSupplier function)
      throws WindowsCallException {
    try {
      return function.getAsInt();
    } catch (UnsatisfiedLinkError e) {
      throw new WindowsCallException(name, WindowsError.NOT_SUPPORTED.code());
    }
  }
}
