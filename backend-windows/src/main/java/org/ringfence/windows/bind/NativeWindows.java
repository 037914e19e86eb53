package org.ringfence.windows.bind;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import org.ringfence.windows.system.Administration;
import org.ringfence.windows.system.Files;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Jobs;
import org.ringfence.windows.system.Machine;
import org.ringfence.windows.system.ObjectSecurity;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.Tokens;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/** This machine's Windows. Loading the class loads its libraries. */
public final class NativeWindows implements WindowsSystem {
  private static final Kernel32Calls KERNEL = Kernel32Calls.INSTANCE;

  private final Tokens tokens = new NativeTokens();
  private final ObjectSecurity security = new NativeObjectSecurity();
  private final Files files = new NativeFiles();
  private final Jobs jobs = new NativeJobs();
  private final Processes processes = new NativeProcesses();
  private final Machine machine = new NativeMachine();

  /** Loads the libraries. */
  public NativeWindows() {}

  static HANDLE handle(Handle handle) {
    return new HANDLE(new Pointer(handle.value()));
  }

  static Handle owned(HANDLE handle) {
    return new Handle(
        Pointer.nativeValue(handle.getPointer()),
        value -> KERNEL.CloseHandle(new HANDLE(new Pointer(value))));
  }

  static Pointer pointer(Handle handle) {
    return new Pointer(handle.value());
  }

  static void check(boolean succeeded, String call) throws WindowsCallException {
    if (!succeeded) {
      throw new WindowsCallException(call, Native.getLastError());
    }
  }

  static Memory memory(byte[] bytes) {
    Memory memory = new Memory(Math.max(1, bytes.length));
    memory.write(0, bytes, 0, bytes.length);
    return memory;
  }

  static Memory wide(String text) {
    Memory memory = new Memory((text.length() + 1L) * Character.BYTES);
    memory.write(0, text.toCharArray(), 0, text.length());
    memory.setChar((long) text.length() * Character.BYTES, '\0');
    return memory;
  }

  @Override
  public Administration administration() {
    return new NativeAdministration();
  }

  @Override
  public Tokens tokens() {
    return tokens;
  }

  @Override
  public ObjectSecurity security() {
    return security;
  }

  @Override
  public Files files() {
    return files;
  }

  @Override
  public Jobs jobs() {
    return jobs;
  }

  @Override
  public Processes processes() {
    return processes;
  }

  @Override
  public Machine machine() {
    return machine;
  }
}
