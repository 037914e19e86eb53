package org.ringfence.wsl2.plan;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The devices behind drive letters: a distribution mounts only drives of this machine. */
public final class DosDevices {
  // QueryDosDevice: subst makes a link to a path; redirectors have a device each.
  private static final String LINK = "\\??\\";
  private static final String[] REDIRECTORS = {
    "\\device\\lanmanredirector\\",
    "\\device\\mup\\",
    "\\device\\webdavredirector\\",
    "\\device\\rdpdr\\",
    "\\device\\nfsrdr\\",
    "\\device\\p9rdr\\"
  };

  private DosDevices() {}

  /**
   * Returns the letters that have no name in a distribution.
   *
   * @param devices letter to its device, as {@code QueryDosDevice} reports it
   * @return letter to the reason; letters of drives, and of unknown devices, are left out
   */
  public static Map<Character, String> elsewhere(Map<Character, String> devices) {
    Map<Character, String> reasons = new HashMap<>();
    devices.forEach(
        (letter, device) -> {
          String lower = device.toLowerCase(Locale.ROOT);
          if (lower.startsWith(LINK + "unc\\") || redirected(lower)) {
            reasons.put(
                letter,
                letter + ": is mapped from another machine, which a distribution does not mount");
          } else if (device.startsWith(LINK) && device.startsWith(":\\", LINK.length() + 1)) {
            String target = device.substring(LINK.length());
            reasons.put(
                letter, letter + ": is the name that subst gives to " + target + "; use that");
          }
        });
    return reasons;
  }

  private static boolean redirected(String device) {
    for (String redirector : REDIRECTORS) {
      if (device.startsWith(redirector)) {
        return true;
      }
    }
    return false;
  }
}
