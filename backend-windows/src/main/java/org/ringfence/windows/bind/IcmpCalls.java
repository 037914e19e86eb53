package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.win32.StdCallLibrary;

/** Echo requests ({@code iphlpapi}). */
interface IcmpCalls extends StdCallLibrary {
  IcmpCalls INSTANCE = Native.load("iphlpapi", IcmpCalls.class);

  Pointer IcmpCreateFile();

  int IcmpSendEcho(
      Pointer handle,
      int address,
      byte[] data,
      short length,
      Pointer options,
      Pointer reply,
      int replySize,
      int timeoutMillis);

  boolean IcmpCloseHandle(Pointer handle);
}
