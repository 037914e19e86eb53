package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.win32.StdCallLibrary;

/** The true version, without compatibility shims for old programs ({@code ntdll}). */
interface NtdllCalls extends StdCallLibrary {
  NtdllCalls INSTANCE = Native.load("ntdll", NtdllCalls.class);

  int RtlGetVersion(Pointer information);
}
