package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.WString;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import com.sun.jna.win32.StdCallLibrary;

/** Local users and groups; each call's result is its error. */
interface Netapi32Calls extends StdCallLibrary {
  Netapi32Calls INSTANCE = Native.load("netapi32", Netapi32Calls.class);

  int NetUserAdd(WString server, int level, Pointer information, IntByReference wrong);

  int NetUserDel(WString server, WString name);

  int NetUserGetInfo(WString server, WString name, int level, PointerByReference information);

  int NetUserSetInfo(
      WString server, WString name, int level, Pointer information, IntByReference wrong);

  int NetLocalGroupAdd(WString server, int level, Pointer information, IntByReference wrong);

  int NetLocalGroupDel(WString server, WString name);

  int NetLocalGroupGetInfo(WString server, WString name, int level, PointerByReference information);

  int NetLocalGroupGetMembers(
      WString server,
      WString name,
      int level,
      PointerByReference information,
      int most,
      IntByReference read,
      IntByReference total,
      Pointer resume);

  int NetLocalGroupAddMembers(WString server, WString name, int level, Pointer members, int count);

  int NetLocalGroupDelMembers(WString server, WString name, int level, Pointer members, int count);

  int NetApiBufferFree(Pointer information);
}
