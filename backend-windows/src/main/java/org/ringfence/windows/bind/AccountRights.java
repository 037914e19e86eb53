package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.memory;
import static org.ringfence.windows.bind.NativeWindows.owned;
import static org.ringfence.windows.bind.NativeWindows.wide;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.WinNT;
import com.sun.jna.platform.win32.WinNT.HANDLEByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;

/** Manages account rights in the local security policy, and privileges of this process. */
final class AccountRights {
  // ntsecapi.h: POLICY_VIEW_LOCAL_INFORMATION, POLICY_CREATE_ACCOUNT, POLICY_LOOKUP_NAMES.
  private static final int ACCESS = 0x1 | 0x10 | 0x800;
  private static final int TOKEN_ADJUST_PRIVILEGES = 0x20;
  private static final int TOKEN_QUERY = 0x8;

  /** {@code STATUS_OBJECT_NAME_NOT_FOUND}: the account has no rights. */
  private static final int NONE = 0xC0000034;

  private static final LsaCalls LSA = LsaCalls.INSTANCE;

  private interface Task<T> {
    T run(Pointer policy) throws WindowsCallException;
  }

  private static void succeeded(int status, String call) throws WindowsCallException {
    if (status != 0) {
      throw new WindowsCallException(call, LSA.LsaNtStatusToWinError(status));
    }
  }

  private static <T> T with(Task<T> task) throws WindowsCallException {
    LsaObjectAttributes attributes = new LsaObjectAttributes();
    attributes.length = attributes.size();
    attributes.write();
    PointerByReference policy = new PointerByReference();
    succeeded(LSA.LsaOpenPolicy(null, attributes.getPointer(), ACCESS, policy), "LsaOpenPolicy");
    try {
      return task.run(policy.getValue());
    } finally {
      LSA.LsaClose(policy.getValue());
    }
  }

  Set<String> of(Sid account) throws WindowsCallException {
    return with(
        policy -> {
          PointerByReference found = new PointerByReference();
          IntByReference count = new IntByReference();
          try (Memory sid = memory(account.bytes())) {
            int status = LSA.LsaEnumerateAccountRights(policy, sid, found, count);
            if (status == NONE) {
              return Set.of();
            }
            succeeded(status, "LsaEnumerateAccountRights");
          }
          try {
            Set<String> names = new HashSet<>();
            int size = new LsaUnicodeString().size();
            for (int i = 0; i < count.getValue(); i++) {
              LsaUnicodeString name = new LsaUnicodeString(found.getValue().share((long) i * size));
              name.read();
              names.add(new String(name.buffer.getCharArray(0, name.length / Character.BYTES)));
            }
            return names;
          } finally {
            LSA.LsaFreeMemory(found.getValue());
          }
        });
  }

  void add(Sid account, Set<String> names) throws WindowsCallException {
    with(
        policy -> {
          List<Memory> texts = new ArrayList<>();
          int size = new LsaUnicodeString().size();
          try (Memory sid = memory(account.bytes());
              Memory array = new Memory((long) size * names.size())) {
            for (String name : names) {
              Memory text = wide(name);
              LsaUnicodeString entry =
                  new LsaUnicodeString(array.share((long) size * texts.size()));
              entry.length = (short) (name.length() * Character.BYTES);
              entry.maximumLength = (short) (entry.length + Character.BYTES);
              entry.buffer = text;
              entry.write();
              texts.add(text);
            }
            succeeded(
                LSA.LsaAddAccountRights(policy, sid, array, names.size()), "LsaAddAccountRights");
          } finally {
            texts.forEach(Memory::close);
          }
          return null;
        });
  }

  void remove(Sid account) throws WindowsCallException {
    with(
        policy -> {
          try (Memory sid = memory(account.bytes())) {
            succeeded(
                LSA.LsaRemoveAccountRights(policy, sid, (byte) 1, null, 0),
                "LsaRemoveAccountRights");
          }
          return null;
        });
  }

  /** Enables a privilege of this process; one that it does not have stays off. */
  static void enablePrivilege(String name) throws WindowsCallException {
    HANDLEByReference token = new HANDLEByReference();
    check(
        Advapi32Calls.INSTANCE.OpenProcessToken(
            Kernel32Calls.INSTANCE.GetCurrentProcess(),
            TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY,
            token),
        "OpenProcessToken");
    try (Handle owned = owned(token.getValue())) {
      WinNT.TOKEN_PRIVILEGES privileges = new WinNT.TOKEN_PRIVILEGES(1);
      WinNT.LUID luid = new WinNT.LUID();
      check(Advapi32Calls.INSTANCE.LookupPrivilegeValue(null, name, luid), "LookupPrivilegeValueW");
      privileges.Privileges[0] =
          new WinNT.LUID_AND_ATTRIBUTES(
              luid, new com.sun.jna.platform.win32.WinDef.DWORD(WinNT.SE_PRIVILEGE_ENABLED));
      check(
          Advapi32Calls.INSTANCE.AdjustTokenPrivileges(
              NativeWindows.handle(owned), false, privileges, 0, null, null),
          "AdjustTokenPrivileges");
    }
  }
}
