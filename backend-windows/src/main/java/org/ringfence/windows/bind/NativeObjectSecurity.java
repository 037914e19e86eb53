package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.handle;
import static org.ringfence.windows.bind.NativeWindows.memory;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ObjectSecurity;
import org.ringfence.windows.system.WindowsCallException;

final class NativeObjectSecurity implements ObjectSecurity {
  private static final int DACL = 4;
  private static final int OWNER_GROUP_DACL = 7;
  private static final int SDDL_REVISION_1 = 1;

  /** Offset of the control bits in a self-relative descriptor ([MS-DTYP] 2.4.6). */
  private static final int CONTROL = 2;

  /** {@code OWNER_SECURITY_INFORMATION}. */
  private static final int OWNER = 0x1;

  private static final int SE_DACL_AUTO_INHERIT_REQ = 0x100;
  private static final int SE_DACL_AUTO_INHERITED = 0x400;
  private static final Advapi32Calls ADVAPI = Advapi32Calls.INSTANCE;

  @Override
  public byte[] descriptor(Handle object) throws WindowsCallException {
    HANDLE handle = handle(object);
    IntByReference needed = new IntByReference();
    ADVAPI.GetKernelObjectSecurity(handle, OWNER_GROUP_DACL, null, 0, needed);
    if (needed.getValue() == 0) {
      throw new WindowsCallException("GetKernelObjectSecurity", Native.getLastError());
    }
    try (Memory buffer = new Memory(needed.getValue())) {
      check(
          ADVAPI.GetKernelObjectSecurity(
              handle, OWNER_GROUP_DACL, buffer, needed.getValue(), needed),
          "GetKernelObjectSecurity");
      return buffer.getByteArray(0, needed.getValue());
    }
  }

  @Override
  public String sddl(byte[] descriptor) throws WindowsCallException {
    PointerByReference text = new PointerByReference();
    try (Memory bytes = memory(descriptor)) {
      check(
          ADVAPI.ConvertSecurityDescriptorToStringSecurityDescriptorW(
              bytes, SDDL_REVISION_1, DACL, text, new IntByReference()),
          "ConvertSecurityDescriptorToStringSecurityDescriptorW");
      return text.getValue().getWideString(0);
    } finally {
      free(text);
    }
  }

  @Override
  public byte[] ofSddl(String sddl) throws WindowsCallException {
    PointerByReference descriptor = new PointerByReference();
    IntByReference size = new IntByReference();
    try {
      check(
          ADVAPI.ConvertStringSecurityDescriptorToSecurityDescriptorW(
              sddl, SDDL_REVISION_1, descriptor, size),
          "ConvertStringSecurityDescriptorToSecurityDescriptorW");
      return descriptor.getValue().getByteArray(0, size.getValue());
    } finally {
      free(descriptor);
    }
  }

  private static void free(PointerByReference made) {
    Pointer memory = made.getValue();
    if (memory != null) {
      Kernel32Calls.INSTANCE.LocalFree(memory);
    }
  }

  @Override
  public void setDacl(Handle object, Kind kind, byte[] acl) throws WindowsCallException {
    try (Memory list = memory(acl)) {
      int code =
          ADVAPI.SetSecurityInfo(handle(object), kind.number(), DACL, null, null, list, null);
      if (code != 0) {
        throw new WindowsCallException("SetSecurityInfo", code);
      }
    }
  }

  @Override
  public void setDaclExactly(Handle object, byte[] descriptor) throws WindowsCallException {
    try (Memory bytes = memory(descriptor)) {
      check(ADVAPI.SetKernelObjectSecurity(handle(object), DACL, bytes), "SetKernelObjectSecurity");
    }
  }

  @Override
  public void setOwner(Handle object, Sid owner) throws WindowsCallException {
    try (Memory bytes = memory(AccessControlList.of().descriptorOf(owner))) {
      check(
          ADVAPI.SetKernelObjectSecurity(handle(object), OWNER, bytes), "SetKernelObjectSecurity");
    }
  }
}
