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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.NamedPipes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

final class NativePipes implements NamedPipes {
  private static final String PREFIX = "\\\\.\\pipe\\";

  // winbase.h.
  private static final int PIPE_ACCESS_INBOUND = 0x1;
  private static final int PIPE_ACCESS_OUTBOUND = 0x2;
  private static final int FILE_FLAG_FIRST_PIPE_INSTANCE = 0x80000;
  private static final int PIPE_REJECT_REMOTE_CLIENTS = 0x8;
  private static final int BUFFER = 64 * 1024;
  private static final int GENERIC_READ = 0x80000000;
  private static final int GENERIC_WRITE = 0x40000000;
  private static final int OPEN_EXISTING = 3;

  /** {@code SECURITY_SQOS_PRESENT} and {@code SECURITY_IDENTIFICATION}. */
  private static final int IDENTIFICATION = 0x100000 | 0x10000;

  private static final int ERROR_PIPE_CONNECTED = 535;
  private static final Kernel32Calls KERNEL = Kernel32Calls.INSTANCE;

  @Override
  public Handle create(String name, Direction direction, byte[] descriptor)
      throws WindowsCallException {
    try (Memory security = memory(descriptor)) {
      WinBase.SECURITY_ATTRIBUTES attributes = new WinBase.SECURITY_ATTRIBUTES();
      attributes.lpSecurityDescriptor = security;
      HANDLE pipe =
          KERNEL.CreateNamedPipe(
              PREFIX + name,
              FILE_FLAG_FIRST_PIPE_INSTANCE
                  | (direction == Direction.IN ? PIPE_ACCESS_INBOUND : PIPE_ACCESS_OUTBOUND),
              PIPE_REJECT_REMOTE_CLIENTS,
              1,
              BUFFER,
              BUFFER,
              0,
              attributes);
      check(!WinBase.INVALID_HANDLE_VALUE.equals(pipe), "CreateNamedPipeW");
      return owned(pipe);
    }
  }

  /**
   * The call itself knows no time: when it is up, this process connects to its own pipe, which ends
   * the wait, and looks like any other client that was not expected.
   */
  @Override
  public void await(Handle pipe, String name, int millis) throws WindowsCallException {
    AtomicInteger result = new AtomicInteger();
    CountDownLatch connected = new CountDownLatch(1);
    Thread waiting =
        new Thread(
            () -> {
              if (!KERNEL.ConnectNamedPipe(handle(pipe), null)) {
                int code = Native.getLastError();
                result.set(code == ERROR_PIPE_CONNECTED ? 0 : code);
              }
              connected.countDown();
            },
            "ringfence-pipe");
    waiting.setDaemon(true);
    waiting.start();
    boolean inTime = false;
    try {
      inTime = connected.await(millis, TimeUnit.MILLISECONDS);
      if (!inTime) {
        release(name);
        connected.await(millis, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      release(name);
    }
    if (!inTime) {
      throw new WindowsCallException("ConnectNamedPipe", WindowsError.TIMED_OUT.code());
    }
    if (result.get() != 0) {
      throw new WindowsCallException("ConnectNamedPipe", result.get());
    }
  }

  private static void release(String name) {
    for (int access : new int[] {GENERIC_READ, GENERIC_WRITE}) {
      HANDLE own =
          KERNEL.CreateFile(PREFIX + name, access, 0, null, OPEN_EXISTING, IDENTIFICATION, null);
      if (!WinBase.INVALID_HANDLE_VALUE.equals(own)) {
        KERNEL.CloseHandle(own);
      }
    }
  }

  @Override
  public int client(Handle pipe) throws WindowsCallException {
    ULONGByReference pid = new ULONGByReference();
    check(KERNEL.GetNamedPipeClientProcessId(handle(pipe), pid), "GetNamedPipeClientProcessId");
    return pid.getValue().intValue();
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
