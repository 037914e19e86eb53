package org.ringfence.linux.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Names the switch that keeps this user's programs from making namespaces. */
final class NamespaceRemedy {
  private static final String APPARMOR =
      "an AppArmor profile for bwrap that permits user namespaces: Ubuntu's package"
          + " apparmor-profiles has bwrap-userns-restrict in /usr/share/apparmor/extra-profiles, to"
          + " be copied to /etc/apparmor.d and loaded with apparmor_parser -r; or sysctl"
          + " kernel.apparmor_restrict_unprivileged_userns=0; landlock needs none";

  private static final String CONTAINER =
      "in a container, a seccomp profile that lets unshare, clone and mount make namespaces"
          + " (--security-opt seccomp=FILE; docs/containers.md); landlock needs none";

  private NamespaceRemedy() {}

  /**
   * Returns the remedy.
   *
   * @param procfs the mounted procfs
   * @param filtered whether a seccomp filter denies namespaces
   * @param setuid whether bwrap is setuid
   * @return what would let bwrap make namespaces
   */
  static String of(Path procfs, boolean filtered, boolean setuid) {
    if (filtered) {
      return CONTAINER;
    }
    if (is(procfs.resolve("sys/kernel/apparmor_restrict_unprivileged_userns"), "1")) {
      return APPARMOR;
    }
    if (is(procfs.resolve("sys/kernel/unprivileged_userns_clone"), "0")) {
      return "sysctl kernel.unprivileged_userns_clone=1";
    }
    if (is(procfs.resolve("sys/user/max_user_namespaces"), "0")) {
      return "sysctl user.max_user_namespaces=15000";
    }
    if (!Files.exists(procfs.resolve("self/ns/user"))) {
      return "a kernel with CONFIG_USER_NS";
    }
    return setuid
        ? "user namespaces for ordinary users: bwrap is setuid, but under no_new_privs that has no"
            + " effect"
        : "user namespaces, and mounts in them, for this user";
  }

  private static boolean is(Path file, String value) {
    try {
      return Files.readString(file).strip().equals(value);
    } catch (IOException e) {
      // This kernel has no such switch.
      return false;
    }
  }
}
