package org.ringfence.cli;

import java.util.List;
import java.util.Locale;
import org.ringfence.policy.PathStyle;

/** The backends that could run on this system, once they are set up. */
final class SystemBackends {
  private SystemBackends() {}

  /** Whether a backend is made for this system. */
  static boolean contains(String id) {
    return ids().contains(id);
  }

  private static List<String> ids() {
    if (PathStyle.current() == PathStyle.WINDOWS) {
      return List.of("wsl2", "dedicated-user", "app-container", "restricted-token");
    }
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac")
        ? List.of("seatbelt")
        : List.of("landlock", "bubblewrap");
  }
}
