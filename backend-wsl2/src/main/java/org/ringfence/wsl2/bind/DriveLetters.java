package org.ringfence.wsl2.bind;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import java.util.Map;
import java.util.TreeMap;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.wsl2.plan.DosDevices;

/** The drive letters of this Windows. */
public final class DriveLetters {
  private static final int CHARACTERS = 4096;

  private DriveLetters() {}

  /**
   * Asks Windows for the device of each letter ({@code QueryDosDeviceW} of fileapi.h).
   *
   * @return letters that have no name in a distribution, with the reason; none on other systems
   */
  public static Map<Character, String> elsewhere() {
    if (PathStyle.current() != PathStyle.WINDOWS) {
      return Map.of();
    }
    Map<Character, String> devices = new TreeMap<>();
    Function query = Function.getFunction("kernel32", "QueryDosDeviceW", Function.ALT_CONVENTION);
    try (Memory name = new Memory(3 * 2);
        Memory target = new Memory(CHARACTERS * 2L)) {
      for (char letter = 'A'; letter <= 'Z'; letter++) {
        name.setWideString(0, letter + ":");
        if (query.invokeInt(new Object[] {name, target, CHARACTERS}) != 0) {
          devices.put(letter, target.getWideString(0));
        }
      }
    }
    return DosDevices.elsewhere(devices);
  }
}
