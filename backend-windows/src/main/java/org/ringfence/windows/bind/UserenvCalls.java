package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import com.sun.jna.win32.StdCallLibrary;
import com.sun.jna.win32.W32APIOptions;

/** Profiles of AppContainers ({@code userenv}). */
interface UserenvCalls extends StdCallLibrary {
  UserenvCalls INSTANCE = Native.load("userenv", UserenvCalls.class, W32APIOptions.DEFAULT_OPTIONS);

  int CreateAppContainerProfile(
      String name,
      String displayName,
      String description,
      Pointer capabilities,
      int capabilityCount,
      PointerByReference sid);

  int DeleteAppContainerProfile(String name);

  boolean DeleteProfileW(String sid, String profile, String computer);
}
