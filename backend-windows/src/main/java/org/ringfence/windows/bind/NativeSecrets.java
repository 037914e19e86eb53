package org.ringfence.windows.bind;

import com.sun.jna.platform.win32.Crypt32Util;
import com.sun.jna.platform.win32.Win32Exception;
import com.sun.jna.platform.win32.WinCrypt;
import org.ringfence.windows.system.Secrets;
import org.ringfence.windows.system.WindowsCallException;

/** The data protection API, in the user's scope: no other account of the machine can decrypt. */
final class NativeSecrets implements Secrets {
  @Override
  public byte[] protect(byte[] secret, byte[] entropy) throws WindowsCallException {
    try {
      return Crypt32Util.cryptProtectData(
          secret, entropy, WinCrypt.CRYPTPROTECT_UI_FORBIDDEN, "Ringfence", null);
    } catch (Win32Exception e) {
      throw new WindowsCallException("CryptProtectData", e.getErrorCode());
    }
  }

  @Override
  public byte[] unprotect(byte[] blob, byte[] entropy) throws WindowsCallException {
    try {
      return Crypt32Util.cryptUnprotectData(
          blob, entropy, WinCrypt.CRYPTPROTECT_UI_FORBIDDEN, null);
    } catch (Win32Exception e) {
      throw new WindowsCallException("CryptUnprotectData", e.getErrorCode());
    }
  }
}
