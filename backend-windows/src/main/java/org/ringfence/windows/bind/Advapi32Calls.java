package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.Advapi32;
import com.sun.jna.platform.win32.WinBase.PROCESS_INFORMATION;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.platform.win32.WinNT.HANDLEByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import com.sun.jna.win32.W32APIOptions;

/** Calls of {@code advapi32} that jna-platform does not declare. */
interface Advapi32Calls extends Advapi32 {
  Advapi32Calls INSTANCE =
      Native.load("advapi32", Advapi32Calls.class, W32APIOptions.DEFAULT_OPTIONS);

  boolean CreateRestrictedToken(
      HANDLE token,
      int flags,
      int disableCount,
      Pointer disable,
      int deletePrivilegeCount,
      Pointer deletePrivileges,
      int restrictCount,
      Pointer restrict,
      HANDLEByReference made);

  boolean GetTokenInformation(
      HANDLE token, int informationClass, Pointer buffer, int size, IntByReference needed);

  boolean SetTokenInformation(HANDLE token, int informationClass, Pointer buffer, int size);

  boolean CheckTokenMembership(HANDLE token, Pointer sid, IntByReference member);

  boolean IsTokenRestricted(HANDLE token);

  boolean ImpersonateNamedPipeClient(HANDLE pipe);

  boolean LookupPrivilegeNameW(
      String system, Pointer luid, char[] name, IntByReference lengthInCharacters);

  boolean CreateProcessAsUserW(
      HANDLE token,
      String program,
      char[] commandLine,
      Pointer processAttributes,
      Pointer threadAttributes,
      boolean inheritHandles,
      int flags,
      Pointer environment,
      String directory,
      Pointer startupInfo,
      PROCESS_INFORMATION information);

  boolean GetKernelObjectSecurity(
      HANDLE object, int information, Pointer descriptor, int size, IntByReference needed);

  boolean SetKernelObjectSecurity(HANDLE object, int information, Pointer descriptor);

  int SetSecurityInfo(
      HANDLE object,
      int type,
      int information,
      Pointer owner,
      Pointer group,
      Pointer dacl,
      Pointer sacl);

  Pointer FreeSid(Pointer sid);

  boolean ConvertSecurityDescriptorToStringSecurityDescriptorW(
      Pointer descriptor,
      int revision,
      int information,
      PointerByReference text,
      IntByReference length);

  boolean ConvertStringSecurityDescriptorToSecurityDescriptorW(
      String text, int revision, PointerByReference descriptor, IntByReference size);
}
