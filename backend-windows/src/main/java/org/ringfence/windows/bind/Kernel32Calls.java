package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.Kernel32;
import com.sun.jna.platform.win32.WinBase.PROCESS_INFORMATION;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import com.sun.jna.win32.W32APIOptions;

/** Calls of {@code kernel32} that jna-platform does not declare. */
interface Kernel32Calls extends Kernel32 {
  Kernel32Calls INSTANCE =
      Native.load("kernel32", Kernel32Calls.class, W32APIOptions.DEFAULT_OPTIONS);

  HANDLE CreateJobObjectW(Pointer attributes, String name);

  boolean SetInformationJobObject(HANDLE job, int informationClass, Pointer buffer, int size);

  boolean QueryInformationJobObject(
      HANDLE job, int informationClass, Pointer buffer, int size, IntByReference length);

  boolean IsProcessInJob(HANDLE process, HANDLE job, IntByReference result);

  boolean AssignProcessToJobObject(HANDLE job, HANDLE process);

  boolean TerminateJobObject(HANDLE job, int exitCode);

  boolean InitializeProcThreadAttributeList(
      Pointer list, int count, int flags, LongByReference size);

  boolean UpdateProcThreadAttribute(
      Pointer list,
      int flags,
      Pointer attribute,
      Pointer value,
      Pointer size,
      Pointer previous,
      Pointer returnSize);

  void DeleteProcThreadAttributeList(Pointer list);

  boolean CreateProcessW(
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

  boolean GetProcessMitigationPolicy(HANDLE process, int policy, Pointer buffer, Pointer size);

  int ResumeThread(HANDLE thread);

  int CreatePseudoConsole(
      int size, HANDLE input, HANDLE output, int flags, PointerByReference console);

  int ResizePseudoConsole(Pointer console, int size);

  void ClosePseudoConsole(Pointer console);

  HANDLE OpenFileById(
      HANDLE hint, Pointer id, int access, int share, Pointer attributes, int flags);

  int GetFinalPathNameByHandleW(HANDLE file, char[] path, int size, int flags);

  boolean GetFileInformationByHandle(HANDLE file, ByHandleFileInformation information);

  boolean GetProcessTimes(
      HANDLE process,
      LongByReference creation,
      LongByReference exit,
      LongByReference kernel,
      LongByReference user);

  boolean SetNamedPipeHandleState(
      HANDLE pipe, IntByReference mode, IntByReference most, IntByReference timeout);

  int GetSystemDirectoryW(char[] path, int size);
}
