package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.win32.StdCallLibrary;
import com.sun.jna.win32.W32APIOptions;

/** Window stations and desktops ({@code user32}). */
interface DesktopCalls extends StdCallLibrary {
  DesktopCalls INSTANCE = Native.load("user32", DesktopCalls.class, W32APIOptions.DEFAULT_OPTIONS);

  Pointer GetProcessWindowStation();

  boolean GetUserObjectInformationW(
      Pointer object, int index, Pointer buffer, int size, IntByReference needed);

  Pointer CreateDesktopW(
      String name, String device, Pointer mode, int flags, int access, Pointer attributes);

  boolean CloseDesktop(Pointer desktop);
}
