package org.ringfence.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.ringfence.policy.PathStyle;

/** The backends that can run on this system, once set up. */
final class SystemBackends {
  private static final List<String> OF_LINUX = List.of("landlock", "bubblewrap");
  private static final List<String> OF_MAC = List.of("seatbelt");
  private static final List<String> OF_WINDOWS =
      List.of("wsl2", "dedicated-user", "app-container", "restricted-token");

  private SystemBackends() {}

  /** Returns whether a backend is made for this system. */
  static boolean contains(String id) {
    return ids().contains(id);
  }

  /** Returns whether a backend is made for another system. */
  static boolean isOfAnother(String id) {
    return !contains(id)
        && Stream.of(OF_LINUX, OF_MAC, OF_WINDOWS).anyMatch(known -> known.contains(id));
  }

  private static List<String> ids() {
    if (PathStyle.current() == PathStyle.WINDOWS) {
      return OF_WINDOWS;
    }
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    return system.startsWith("mac") ? OF_MAC : OF_LINUX;
  }
}
