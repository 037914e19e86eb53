package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.handle;
import static org.ringfence.windows.bind.NativeWindows.memory;
import static org.ringfence.windows.bind.NativeWindows.owned;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.platform.win32.WinBase;
import com.sun.jna.platform.win32.WinDef.ULONGByReference;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.platform.win32.WinNT.HANDLEByReference;
import com.sun.jna.ptr.IntByReference;
import java.util.function.BooleanSupplier;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.NamedPipes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

final class NativePipes implements NamedPipes {
  private static final String PREFIX = "\\\\.\\pipe\\";

  // winbase.h.
  private static final int PIPE_ACCESS_DUPLEX = 0x3;
  private static final int FILE_FLAG_FIRST_PIPE_INSTANCE = 0x80000;
  private static final int PIPE_REJECT_REMOTE_CLIENTS = 0x8;
  private static final int BUFFER = 64 * 1024;
  private static final int GENERIC_READ = 0x80000000;
  private static final int GENERIC_WRITE = 0x40000000;
  private static final int OPEN_EXISTING = 3;

  /** {@code SECURITY_SQOS_PRESENT} and {@code SECURITY_IDENTIFICATION}. */
  private static final int IDENTIFICATION = 0x100000 | 0x10000;

  private static final int TOKEN_QUERY = 0x8;
  private static final int PIPE_WAIT = 0;
  private static final int PIPE_NOWAIT = 0x1;
  private static final int ERROR_PIPE_LISTENING = 536;
  private static final int SLICE_MILLIS = 5;
  private static final int ERROR_PIPE_CONNECTED = 535;
  private static final Kernel32Calls KERNEL = Kernel32Calls.INSTANCE;

  @Override
  public Handle create(String name, byte[] descriptor) throws WindowsCallException {
    try (Memory security = memory(descriptor)) {
      WinBase.SECURITY_ATTRIBUTES attributes = new WinBase.SECURITY_ATTRIBUTES();
      attributes.lpSecurityDescriptor = security;
      HANDLE pipe =
          KERNEL.CreateNamedPipe(
              PREFIX + name,
              // Both directions, though one is used: no narrower handle may change the pipe's mode.
              FILE_FLAG_FIRST_PIPE_INSTANCE | PIPE_ACCESS_DUPLEX,
              PIPE_REJECT_REMOTE_CLIENTS | PIPE_NOWAIT,
              1,
              BUFFER,
              BUFFER,
              0,
              attributes);
      check(!WinBase.INVALID_HANDLE_VALUE.equals(pipe), "CreateNamedPipeW");
      return owned(pipe);
    }
  }

  /** Polls for a client: the call itself has no timeout. */
  @Override
  public void await(Handle pipe, int millis, BooleanSupplier worthwhile)
      throws WindowsCallException {
    int code = WindowsError.TIMED_OUT.code();
    for (int waited = 0; waited < millis; waited += SLICE_MILLIS) {
      if (KERNEL.ConnectNamedPipe(handle(pipe), null)) {
        // In this mode success only means that a client may connect.
        code = ERROR_PIPE_LISTENING;
      } else {
        code = Native.getLastError();
      }
      if (code == ERROR_PIPE_CONNECTED) {
        check(
            KERNEL.SetNamedPipeHandleState(handle(pipe), new IntByReference(PIPE_WAIT), null, null),
            "SetNamedPipeHandleState");
        return;
      }
      if (code != ERROR_PIPE_LISTENING) {
        throw new WindowsCallException("ConnectNamedPipe", code);
      }
      if (!worthwhile.getAsBoolean()) {
        break;
      }
      try {
        Thread.sleep(SLICE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new WindowsCallException("ConnectNamedPipe", WindowsError.TIMED_OUT.code());
  }

  @Override
  public int client(Handle pipe) throws WindowsCallException {
    ULONGByReference pid = new ULONGByReference();
    check(KERNEL.GetNamedPipeClientProcessId(handle(pipe), pid), "GetNamedPipeClientProcessId");
    return pid.getValue().intValue();
  }

  @Override
  public Sid user(Handle pipe) throws WindowsCallException {
    Advapi32Calls advapi = Advapi32Calls.INSTANCE;
    check(advapi.ImpersonateNamedPipeClient(handle(pipe)), "ImpersonateNamedPipeClient");
    try {
      HANDLEByReference token = new HANDLEByReference();
      // As this process: the client lets the server identify it, and not act as it.
      check(
          advapi.OpenThreadToken(KERNEL.GetCurrentThread(), TOKEN_QUERY, true, token),
          "OpenThreadToken");
      try (Handle lent = owned(token.getValue())) {
        return NativeTokens.user(lent);
      }
    } finally {
      check(advapi.RevertToSelf(), "RevertToSelf");
    }
  }

  @Override
  public int server(Handle pipe) throws WindowsCallException {
    ULONGByReference pid = new ULONGByReference();
    check(KERNEL.GetNamedPipeServerProcessId(handle(pipe), pid), "GetNamedPipeServerProcessId");
    return pid.getValue().intValue();
  }

  @Override
  public Handle open(String name, Direction direction) throws WindowsCallException {
    HANDLE pipe =
        KERNEL.CreateFile(
            PREFIX + name,
            direction == Direction.IN ? GENERIC_WRITE : GENERIC_READ,
            0,
            null,
            OPEN_EXISTING,
            IDENTIFICATION,
            null);
    check(!WinBase.INVALID_HANDLE_VALUE.equals(pipe), "CreateFileW");
    return owned(pipe);
  }
}
