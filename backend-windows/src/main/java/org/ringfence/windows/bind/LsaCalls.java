package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import com.sun.jna.win32.StdCallLibrary;

/** Rights of accounts; each call's result is an {@code NTSTATUS}. */
interface LsaCalls extends StdCallLibrary {
  LsaCalls INSTANCE = Native.load("advapi32", LsaCalls.class);

  int LsaOpenPolicy(Pointer system, Pointer attributes, int access, PointerByReference policy);

  int LsaAddAccountRights(Pointer policy, Pointer sid, Pointer rights, int count);

  int LsaRemoveAccountRights(Pointer policy, Pointer sid, byte all, Pointer rights, int count);

  int LsaEnumerateAccountRights(
      Pointer policy, Pointer sid, PointerByReference rights, IntByReference count);

  int LsaFreeMemory(Pointer memory);

  int LsaClose(Pointer policy);

  int LsaNtStatusToWinError(int status);
}
