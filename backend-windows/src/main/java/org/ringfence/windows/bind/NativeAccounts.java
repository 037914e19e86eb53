package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.memory;
import static org.ringfence.windows.bind.NativeWindows.owned;
import static org.ringfence.windows.bind.NativeWindows.wide;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.WString;
import com.sun.jna.platform.win32.Advapi32Util;
import com.sun.jna.platform.win32.Tlhelp32;
import com.sun.jna.platform.win32.Win32Exception;
import com.sun.jna.platform.win32.WinDef.DWORD;
import com.sun.jna.platform.win32.WinNT;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Accounts;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

/** Manages local accounts through {@code netapi32}; finds their processes in the process list. */
final class NativeAccounts implements Accounts {
  // lmaccess.h.
  private static final int UF_SCRIPT = 0x1;
  private static final int UF_ACCOUNTDISABLE = 0x2;
  private static final int UF_DONT_EXPIRE_PASSWD = 0x10000;
  private static final int USER_PRIV_USER = 1;
  private static final int LEVEL_SID = 23;
  private static final int LEVEL_PASSWORD = 1003;
  private static final int LEVEL_FLAGS = 1008;
  private static final int MAX_PREFERRED_LENGTH = -1;

  /** {@code NERR_BASE + 120}, and the error that local groups return instead. */
  private static final Set<Integer> NO_GROUP =
      Set.of(WindowsError.GROUP_NOT_FOUND.code(), WindowsError.NO_SUCH_LOCAL_GROUP.code());

  private static final int PROCESS_TERMINATE = 0x1;
  private static final int PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
  private static final int ENDED = 1;
  private static final int WAIT_MILLIS = 5_000;
  private static final String PRODUCT = "SYSTEM\\CurrentControlSet\\Control\\ProductOptions";
  private static final Netapi32Calls NET = Netapi32Calls.INSTANCE;
  private static final Advapi32Calls ADVAPI = Advapi32Calls.INSTANCE;
  private static final Kernel32Calls KERNEL = Kernel32Calls.INSTANCE;

  private final AccountRights rights = new AccountRights();

  private static void succeeded(int result, String call) throws WindowsCallException {
    if (result != 0) {
      throw new WindowsCallException(call, result);
    }
  }

  @Override
  public boolean administrator() throws WindowsCallException {
    try (Memory sid = memory(Sid.ADMINISTRATORS.bytes())) {
      IntByReference member = new IntByReference();
      check(ADVAPI.CheckTokenMembership(null, sid, member), "CheckTokenMembership");
      return member.getValue() != 0;
    }
  }

  @Override
  public boolean domainController() throws WindowsCallException {
    return new NativeRegistry()
        .text(PRODUCT, "ProductType")
        .filter("LanmanNT"::equalsIgnoreCase)
        .isPresent();
  }

  @Override
  public Optional<Account> group(String name) throws WindowsCallException {
    PointerByReference found = new PointerByReference();
    int result = NET.NetLocalGroupGetInfo(null, new WString(name), 1, found);
    if (NO_GROUP.contains(result)) {
      return Optional.empty();
    }
    succeeded(result, "NetLocalGroupGetInfo");
    try {
      // LOCALGROUP_INFO_1: name, comment.
      Pointer comment = found.getValue().getPointer(Native.POINTER_SIZE);
      return Optional.of(new Account(sidOf(name), text(comment), false));
    } finally {
      NET.NetApiBufferFree(found.getValue());
    }
  }

  private static String text(Pointer at) {
    return at == null ? "" : at.getWideString(0);
  }

  private interface Use<T> {
    T of(UserInfo23 user);
  }

  private static <T> Optional<T> look(String name, Use<T> use) throws WindowsCallException {
    PointerByReference found = new PointerByReference();
    int result = NET.NetUserGetInfo(null, new WString(name), LEVEL_SID, found);
    if (result == WindowsError.USER_NOT_FOUND.code()) {
      return Optional.empty();
    }
    succeeded(result, "NetUserGetInfo");
    try {
      return Optional.of(use.of(new UserInfo23(found.getValue())));
    } finally {
      NET.NetApiBufferFree(found.getValue());
    }
  }

  @Override
  public Optional<Account> user(String name) throws WindowsCallException {
    return look(
        name,
        user ->
            new Account(
                NativeTokens.sid(user.sid),
                text(user.comment),
                (user.flags & UF_ACCOUNTDISABLE) != 0));
  }

  @Override
  public void createGroup(String name, String comment) throws WindowsCallException {
    try (Memory group = wide(name);
        Memory words = wide(comment);
        Memory information = new Memory(2L * Native.POINTER_SIZE)) {
      information.setPointer(0, group);
      information.setPointer(Native.POINTER_SIZE, words);
      succeeded(
          NET.NetLocalGroupAdd(null, 1, information, new IntByReference()), "NetLocalGroupAdd");
    }
  }

  @Override
  public void deleteGroup(String name) throws WindowsCallException {
    succeeded(NET.NetLocalGroupDel(null, new WString(name)), "NetLocalGroupDel");
  }

  @Override
  public void createUser(String name, String comment, String password) throws WindowsCallException {
    try (Memory user = wide(name);
        Memory secret = wide(password);
        Memory words = wide(comment)) {
      UserInfo1 information = new UserInfo1();
      information.name = user;
      information.password = secret;
      information.privilege = USER_PRIV_USER;
      information.comment = words;
      information.flags = UF_SCRIPT | UF_DONT_EXPIRE_PASSWD | UF_ACCOUNTDISABLE;
      information.write();
      int result = NET.NetUserAdd(null, 1, information.getPointer(), new IntByReference());
      secret.clear();
      succeeded(result, "NetUserAdd");
    }
  }

  @Override
  public void setPassword(String name, String password) throws WindowsCallException {
    try (Memory secret = wide(password);
        Memory information = new Memory(Native.POINTER_SIZE)) {
      information.setPointer(0, secret);
      int result =
          NET.NetUserSetInfo(
              null, new WString(name), LEVEL_PASSWORD, information, new IntByReference());
      secret.clear();
      succeeded(result, "NetUserSetInfo");
    }
  }

  @Override
  public void setDisabled(String name, boolean disabled) throws WindowsCallException {
    int flags =
        look(name, user -> user.flags)
            .orElseThrow(
                () ->
                    new WindowsCallException("NetUserGetInfo", WindowsError.USER_NOT_FOUND.code()));
    try (Memory information = new Memory(Integer.BYTES)) {
      information.setInt(0, disabled ? flags | UF_ACCOUNTDISABLE : flags & ~UF_ACCOUNTDISABLE);
      succeeded(
          NET.NetUserSetInfo(
              null, new WString(name), LEVEL_FLAGS, information, new IntByReference()),
          "NetUserSetInfo");
    }
  }

  @Override
  public void deleteUser(String name) throws WindowsCallException {
    succeeded(NET.NetUserDel(null, new WString(name)), "NetUserDel");
  }

  private static Sid sidOf(String name) throws WindowsCallException {
    try {
      return Sid.of(Advapi32Util.getAccountByName(name).sid);
    } catch (Win32Exception e) {
      throw new WindowsCallException("LookupAccountNameW", e.getErrorCode());
    }
  }

  /** Returns a group's name, which depends on the system's language. */
  private static WString nameOf(Sid group) throws WindowsCallException {
    try {
      return new WString(Advapi32Util.getAccountBySid(group.text()).name);
    } catch (Win32Exception e) {
      throw new WindowsCallException("LookupAccountSidW", e.getErrorCode());
    }
  }

  @Override
  public Set<Sid> members(Sid group) throws WindowsCallException {
    PointerByReference found = new PointerByReference();
    IntByReference read = new IntByReference();
    succeeded(
        NET.NetLocalGroupGetMembers(
            null, nameOf(group), 0, found, MAX_PREFERRED_LENGTH, read, new IntByReference(), null),
        "NetLocalGroupGetMembers");
    try {
      Set<Sid> members = new HashSet<>();
      for (int i = 0; i < read.getValue(); i++) {
        members.add(NativeTokens.sid(found.getValue().getPointer((long) i * Native.POINTER_SIZE)));
      }
      return members;
    } finally {
      NET.NetApiBufferFree(found.getValue());
    }
  }

  @Override
  public void addMember(Sid group, Sid member) throws WindowsCallException {
    try (Memory sid = memory(member.bytes());
        Memory array = new Memory(Native.POINTER_SIZE)) {
      array.setPointer(0, sid);
      int result = NET.NetLocalGroupAddMembers(null, nameOf(group), 0, array, 1);
      if (result != WindowsError.MEMBER_IN_GROUP.code()) {
        succeeded(result, "NetLocalGroupAddMembers");
      }
    }
  }

  @Override
  public void removeMember(Sid group, Sid member) throws WindowsCallException {
    try (Memory sid = memory(member.bytes());
        Memory array = new Memory(Native.POINTER_SIZE)) {
      array.setPointer(0, sid);
      int result = NET.NetLocalGroupDelMembers(null, nameOf(group), 0, array, 1);
      if (result != WindowsError.MEMBER_NOT_IN_GROUP.code()) {
        succeeded(result, "NetLocalGroupDelMembers");
      }
    }
  }

  @Override
  public Set<String> rights(Sid account) throws WindowsCallException {
    return rights.of(account);
  }

  @Override
  public void addRights(Sid account, Set<String> names) throws WindowsCallException {
    rights.add(account, names);
  }

  @Override
  public void removeRights(Sid account) throws WindowsCallException {
    rights.remove(account);
  }

  @Override
  public void deleteProfile(Sid user) throws WindowsCallException {
    check(UserenvCalls.INSTANCE.DeleteProfileW(user.text(), null, null), "DeleteProfileW");
  }

  @Override
  public int endProcesses(Sid user) throws WindowsCallException {
    // Only this privilege lets an administrator examine and end another user's process.
    AccountRights.enablePrivilege("SeDebugPrivilege");
    HANDLE snapshot = KERNEL.CreateToolhelp32Snapshot(Tlhelp32.TH32CS_SNAPPROCESS, new DWORD(0));
    check(!WinNT.INVALID_HANDLE_VALUE.equals(snapshot), "CreateToolhelp32Snapshot");
    int ended = 0;
    try (Handle list = owned(snapshot)) {
      Tlhelp32.PROCESSENTRY32.ByReference entry = new Tlhelp32.PROCESSENTRY32.ByReference();
      boolean more = KERNEL.Process32First(snapshot, entry);
      while (more) {
        if (end(entry.th32ProcessID.intValue(), user)) {
          ended++;
        }
        more = KERNEL.Process32Next(snapshot, entry);
      }
    }
    return ended;
  }

  private static boolean end(int pid, Sid user) throws WindowsCallException {
    HANDLE process =
        KERNEL.OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION, false, pid);
    if (process == null) {
      // A process of the system, or one that has ended.
      return false;
    }
    try (Handle owned = owned(process)) {
      NativeTokens tokens = new NativeTokens();
      try (Handle token = tokens.of(owned)) {
        if (!tokens.facts(token).user().equals(user)) {
          return false;
        }
      } catch (WindowsCallException e) {
        // Tokens of the system's own processes are closed to every user.
        return false;
      }
      check(KERNEL.TerminateProcess(process, ENDED), "TerminateProcess");
      KERNEL.WaitForSingleObject(process, WAIT_MILLIS);
      return true;
    }
  }
}
