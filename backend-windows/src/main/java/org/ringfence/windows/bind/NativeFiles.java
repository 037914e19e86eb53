package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.handle;
import static org.ringfence.windows.bind.NativeWindows.owned;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.platform.win32.WinBase;
import com.sun.jna.platform.win32.WinBase.SECURITY_ATTRIBUTES;
import com.sun.jna.platform.win32.WinDef.DWORD;
import com.sun.jna.platform.win32.WinNT;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.ptr.IntByReference;
import java.util.Optional;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.system.FileFacts;
import org.ringfence.windows.system.Files;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.VolumeFacts;
import org.ringfence.windows.system.WindowsCallException;

final class NativeFiles implements Files {
  private static final int LONGEST_PATH = 32_768;
  private static final int DRIVE_REMOTE = 4;
  private static final int FILE_PERSISTENT_ACLS = 0x8;

  /** {@code FILE_ID_DESCRIPTOR}: its size, the type of number, and 16 bytes for the number. */
  private static final int ID_DESCRIPTOR_BYTES = 24;

  private static final int FILE_ID_TYPE = 0;
  private static final int EXTENDED_FILE_ID_TYPE = 2;
  private static final int HEX_DIGITS_OF_64_BITS = 16;
  private static final int HEXADECIMAL = 16;
  private static final Kernel32Calls KERNEL = Kernel32Calls.INSTANCE;

  @Override
  public Handle open(String path, boolean changing) throws WindowsCallException {
    return open(path, changing ? AccessMask.WRITE_DAC : 0);
  }

  @Override
  public Handle openOwned(String path) throws WindowsCallException {
    return open(path, AccessMask.WRITE_OWNER);
  }

  @Override
  public Handle openMoved(String volume, String fileId) throws WindowsCallException {
    int digits = fileId.length();
    String lower = fileId.substring(digits - HEX_DIGITS_OF_64_BITS);
    String upper = fileId.substring(0, digits - HEX_DIGITS_OF_64_BITS);
    try (Handle hint = open(volume, 0);
        Memory id = new Memory(ID_DESCRIPTOR_BYTES)) {
      id.clear();
      id.setInt(0, ID_DESCRIPTOR_BYTES);
      id.setInt(4, upper.isEmpty() ? FILE_ID_TYPE : EXTENDED_FILE_ID_TYPE);
      id.setLong(8, Long.parseUnsignedLong(lower, HEXADECIMAL));
      if (!upper.isEmpty()) {
        id.setLong(16, Long.parseUnsignedLong(upper, HEXADECIMAL));
      }
      HANDLE file =
          KERNEL.OpenFileById(
              handle(hint),
              id,
              AccessMask.READ_CONTROL | AccessMask.READ_ATTRIBUTES | AccessMask.WRITE_DAC,
              WinNT.FILE_SHARE_READ | WinNT.FILE_SHARE_WRITE | WinNT.FILE_SHARE_DELETE,
              null,
              WinNT.FILE_FLAG_BACKUP_SEMANTICS | WinNT.FILE_FLAG_OPEN_REPARSE_POINT);
      check(!WinBase.INVALID_HANDLE_VALUE.equals(file), "OpenFileById");
      return owned(file);
    }
  }

  private static Handle open(String path, int more) throws WindowsCallException {
    int access = AccessMask.READ_CONTROL | AccessMask.READ_ATTRIBUTES | more;
    return opened(
        KERNEL.CreateFile(
            longForm(path),
            access,
            WinNT.FILE_SHARE_READ | WinNT.FILE_SHARE_WRITE | WinNT.FILE_SHARE_DELETE,
            null,
            WinNT.OPEN_EXISTING,
            WinNT.FILE_FLAG_BACKUP_SEMANTICS | WinNT.FILE_FLAG_OPEN_REPARSE_POINT,
            null));
  }

  private static Handle opened(HANDLE file) throws WindowsCallException {
    check(!WinBase.INVALID_HANDLE_VALUE.equals(file), "CreateFileW");
    return owned(file);
  }

  /** Adds the prefix that lifts the limit of 260 characters. */
  private static String longForm(String path) {
    return path.length() > 1 && path.charAt(1) == ':' ? "\\\\?\\" + path : path;
  }

  @Override
  public FileFacts facts(Handle file) throws WindowsCallException {
    ByHandleFileInformation information = new ByHandleFileInformation();
    check(
        KERNEL.GetFileInformationByHandle(handle(file), information), "GetFileInformationByHandle");
    char[] path = new char[LONGEST_PATH];
    int length = KERNEL.GetFinalPathNameByHandleW(handle(file), path, path.length, 0);
    check(length > 0 && length < path.length, "GetFinalPathNameByHandleW");
    FileFacts.Identity identity =
        FileFacts.Identity.of(
            information.volumeSerialNumber,
            (long) information.fileIndexHigh << Integer.SIZE
                | Integer.toUnsignedLong(information.fileIndexLow),
            idInfo(file));
    return new FileFacts(
        new String(path, 0, length).replaceFirst("^\\\\\\\\\\?\\\\(?=[A-Za-z]:)", ""),
        identity.volumeSerial(),
        identity.fileId(),
        information.numberOfLinks,
        information.fileAttributes);
  }

  /** Returns {@code FILE_ID_INFO}; empty where the file system has none, and no such numbers. */
  private static Optional<byte[]> idInfo(Handle file) {
    try (Memory info = new Memory(FileFacts.Identity.INFO_BYTES)) {
      return KERNEL.GetFileInformationByHandleEx(
              handle(file), WinBase.FileIdInfo, info, new DWORD(FileFacts.Identity.INFO_BYTES))
          ? Optional.of(info.getByteArray(0, FileFacts.Identity.INFO_BYTES))
          : Optional.empty();
    }
  }

  @Override
  public VolumeFacts volume(String path) throws WindowsCallException {
    char[] root = new char[LONGEST_PATH];
    check(KERNEL.GetVolumePathName(path, root, root.length), "GetVolumePathNameW");
    String mounted = Native.toString(root);
    char[] fileSystem = new char[WinNT.MAX_PATH + 1];
    IntByReference flags = new IntByReference();
    check(
        KERNEL.GetVolumeInformation(
            mounted,
            new char[WinNT.MAX_PATH + 1],
            WinNT.MAX_PATH,
            new IntByReference(),
            new IntByReference(),
            flags,
            fileSystem,
            WinNT.MAX_PATH),
        "GetVolumeInformationW");
    return new VolumeFacts(
        mounted,
        Native.toString(fileSystem),
        (flags.getValue() & FILE_PERSISTENT_ACLS) != 0,
        KERNEL.GetDriveType(mounted) == DRIVE_REMOTE);
  }

  @Override
  public Handle openStream(String path, boolean writing, boolean appending)
      throws WindowsCallException {
    SECURITY_ATTRIBUTES inherited = new SECURITY_ATTRIBUTES();
    inherited.bInheritHandle = true;
    int access =
        !writing
            ? WinNT.GENERIC_READ
            : appending ? AccessMask.APPEND_DATA | AccessMask.SYNCHRONIZE : WinNT.GENERIC_WRITE;
    int disposition =
        !writing ? WinNT.OPEN_EXISTING : appending ? WinNT.OPEN_ALWAYS : WinNT.CREATE_ALWAYS;
    return opened(
        KERNEL.CreateFile(
            path,
            access,
            WinNT.FILE_SHARE_READ | WinNT.FILE_SHARE_WRITE | WinNT.FILE_SHARE_DELETE,
            inherited,
            disposition,
            WinNT.FILE_ATTRIBUTE_NORMAL,
            null));
  }
}
