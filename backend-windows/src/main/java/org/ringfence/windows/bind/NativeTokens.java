package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.handle;
import static org.ringfence.windows.bind.NativeWindows.memory;
import static org.ringfence.windows.bind.NativeWindows.owned;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.platform.win32.WinNT.HANDLEByReference;
import com.sun.jna.ptr.IntByReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.Tokens;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

final class NativeTokens implements Tokens {
  // TOKEN_INFORMATION_CLASS of winnt.h.
  private static final int USER = 1;
  private static final int GROUPS = 2;
  private static final int PRIVILEGES = 3;
  private static final int DEFAULT_DACL = 6;
  private static final int RESTRICTED_SIDS = 11;
  private static final int SESSION_ID = 12;
  private static final int ELEVATION = 20;
  private static final int IS_APP_CONTAINER = 29;

  /** DUPLICATE, QUERY, ASSIGN_PRIMARY, ADJUST_DEFAULT, ADJUST_SESSIONID, ADJUST_PRIVILEGES. */
  private static final int FOR_RESTRICTING = 0x1ab;

  private static final int TOKEN_QUERY = 0x8;
  private static final int PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
  private static final int SE_GROUP_LOGON_ID = 0xC0000000;
  private static final int INSUFFICIENT_BUFFER = 122;
  private static final int SID_HEADER = 8;
  private static final int LONGEST_PRIVILEGE = 64;

  private static final Advapi32Calls ADVAPI = Advapi32Calls.INSTANCE;

  private record Group(Sid sid, int attributes) {}

  @Override
  public Handle ofThisProcess() throws WindowsCallException {
    return open(Kernel32Calls.INSTANCE.GetCurrentProcess(), FOR_RESTRICTING);
  }

  @Override
  public Handle of(Handle process) throws WindowsCallException {
    return open(handle(process), TOKEN_QUERY);
  }

  @Override
  public Handle of(int pid) throws WindowsCallException {
    HANDLE process = opened(pid);
    if (process == null) {
      // Only this privilege lets an administrator examine another user's process.
      AccountRights.enablePrivilege("SeDebugPrivilege");
      process = opened(pid);
    }
    check(process != null, "OpenProcess");
    try (Handle owned = owned(process)) {
      return of(owned);
    }
  }

  private static HANDLE opened(int pid) {
    return Kernel32Calls.INSTANCE.OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, false, pid);
  }

  private static Handle open(HANDLE process, int access) throws WindowsCallException {
    HANDLEByReference token = new HANDLEByReference();
    check(ADVAPI.OpenProcessToken(process, access, token), "OpenProcessToken");
    return owned(token.getValue());
  }

  @Override
  public TokenFacts facts(Handle token) throws WindowsCallException {
    Optional<Sid> logon =
        groups(information(token, GROUPS)).stream()
            .filter(group -> (group.attributes() & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID)
            .map(Group::sid)
            .findFirst();
    return new TokenFacts(
        user(token),
        logon,
        privileges(information(token, PRIVILEGES)),
        restricting(token),
        ADVAPI.IsTokenRestricted(handle(token)),
        number(token, ELEVATION) != 0,
        flagIfKnown(token, IS_APP_CONTAINER),
        number(token, SESSION_ID));
  }

  static Sid user(Handle token) throws WindowsCallException {
    Memory user = information(token, USER);
    return sid(user.getPointer(0));
  }

  private static List<Sid> restricting(Handle token) throws WindowsCallException {
    try {
      return groups(information(token, RESTRICTED_SIDS)).stream().map(Group::sid).toList();
    } catch (WindowsCallException e) {
      return unknown(e) ? List.of() : fail(e);
    }
  }

  private static boolean flagIfKnown(Handle token, int informationClass)
      throws WindowsCallException {
    try {
      return number(token, informationClass) != 0;
    } catch (WindowsCallException e) {
      return unknown(e) ? false : fail(e);
    }
  }

  /** Returns whether this system does not know a class of information. */
  private static boolean unknown(WindowsCallException e) {
    return e.code() == WindowsError.INVALID_FUNCTION.code()
        || e.code() == WindowsError.INVALID_PARAMETER.code();
  }

  private static <T> T fail(WindowsCallException e) throws WindowsCallException {
    throw e;
  }

  private static int number(Handle token, int informationClass) throws WindowsCallException {
    return information(token, informationClass).getInt(0);
  }

  private static Memory information(Handle token, int informationClass)
      throws WindowsCallException {
    IntByReference needed = new IntByReference();
    if (!ADVAPI.GetTokenInformation(handle(token), informationClass, (Pointer) null, 0, needed)) {
      int code = Native.getLastError();
      // 24: bad length, the error of a query with a fixed size.
      if (code != INSUFFICIENT_BUFFER && code != 24) {
        throw new WindowsCallException("GetTokenInformation", code);
      }
    }
    Memory buffer = new Memory(Math.max(8, needed.getValue()));
    check(
        ADVAPI.GetTokenInformation(
            handle(token),
            informationClass,
            buffer,
            needed.getValue() == 0 ? Integer.BYTES : needed.getValue(),
            needed),
        "GetTokenInformation");
    return buffer;
  }

  /** Reads {@code TOKEN_GROUPS}: a count, then pointer and attributes of each. */
  private static List<Group> groups(Memory buffer) {
    List<Group> groups = new ArrayList<>();
    int entry = 2 * Native.POINTER_SIZE;
    for (int i = 0; i < buffer.getInt(0); i++) {
      long at = Native.POINTER_SIZE + (long) i * entry;
      groups.add(new Group(sid(buffer.getPointer(at)), buffer.getInt(at + Native.POINTER_SIZE)));
    }
    return groups;
  }

  static Sid sid(Pointer at) {
    int parts = at.getByte(1);
    return Sid.of(at.getByteArray(0, SID_HEADER + parts * Integer.BYTES));
  }

  /** Reads {@code TOKEN_PRIVILEGES}: a count, then LUID and attributes of each. */
  private static Set<String> privileges(Memory buffer) throws WindowsCallException {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < buffer.getInt(0); i++) {
      char[] name = new char[LONGEST_PRIVILEGE];
      IntByReference length = new IntByReference(name.length);
      check(
          ADVAPI.LookupPrivilegeNameW(null, buffer.share(Integer.BYTES + i * 12L), name, length),
          "LookupPrivilegeNameW");
      names.add(new String(name, 0, length.getValue()));
    }
    return names;
  }

  @Override
  public Handle restrict(Handle token, int flags, List<Sid> disabled, List<Sid> restricting)
      throws WindowsCallException {
    try (SidArray sids = new SidArray(restricting);
        SidArray off = new SidArray(disabled)) {
      HANDLEByReference made = new HANDLEByReference();
      check(
          ADVAPI.CreateRestrictedToken(
              handle(token),
              flags,
              off.count(),
              off.array(),
              0,
              null,
              sids.count(),
              sids.array(),
              made),
          "CreateRestrictedToken");
      return owned(made.getValue());
    }
  }

  @Override
  public void setDefaultDacl(Handle token, byte[] acl) throws WindowsCallException {
    try (Memory list = memory(acl);
        Memory information = new Memory(Native.POINTER_SIZE)) {
      information.setPointer(0, list);
      check(
          ADVAPI.SetTokenInformation(
              handle(token), DEFAULT_DACL, information, (int) information.size()),
          "SetTokenInformation");
    }
  }
}
