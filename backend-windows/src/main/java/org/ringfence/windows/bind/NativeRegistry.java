package org.ringfence.windows.bind;

import com.sun.jna.platform.win32.Advapi32Util;
import com.sun.jna.platform.win32.Win32Exception;
import com.sun.jna.platform.win32.WinNT;
import com.sun.jna.platform.win32.WinReg;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.ringfence.windows.system.MachineRegistry;
import org.ringfence.windows.system.WindowsCallException;

final class NativeRegistry implements MachineRegistry {
  private static final WinReg.HKEY ROOT = WinReg.HKEY_LOCAL_MACHINE;
  private static final int VIEW = WinNT.KEY_WOW64_64KEY;

  private static <T> T call(Supplier<T> task) throws WindowsCallException {
    try {
      return task.get();
    } catch (Win32Exception e) {
      throw new WindowsCallException("Reg*", e.getErrorCode());
    }
  }

  @Override
  public OptionalInt number(String key, String name) throws WindowsCallException {
    return call(
        () ->
            Advapi32Util.registryValueExists(ROOT, key, name, VIEW)
                ? OptionalInt.of(Advapi32Util.registryGetIntValue(ROOT, key, name, VIEW))
                : OptionalInt.empty());
  }

  @Override
  public Optional<String> text(String key, String name) throws WindowsCallException {
    return call(
        () ->
            Advapi32Util.registryValueExists(ROOT, key, name, VIEW)
                ? Optional.of(Advapi32Util.registryGetStringValue(ROOT, key, name, VIEW))
                : Optional.empty());
  }

  @Override
  public void setNumber(String key, String name, int number) throws WindowsCallException {
    call(
        () -> {
          Advapi32Util.registryCreateKey(ROOT, key, VIEW);
          Advapi32Util.registrySetIntValue(ROOT, key, name, number, VIEW);
          return null;
        });
  }

  @Override
  public void remove(String key, String name) throws WindowsCallException {
    call(
        () -> {
          Advapi32Util.registryDeleteValue(ROOT, key, name, VIEW);
          return null;
        });
  }
}
