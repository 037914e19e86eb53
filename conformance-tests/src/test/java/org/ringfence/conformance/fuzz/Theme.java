package org.ringfence.conformance.fuzz;

import java.util.List;
import java.util.Random;

/**
 * Names and calls that interact more often than random ones. Half of all sequences use a theme; the
 * others use all names and calls.
 *
 * @param names names to choose from
 * @param calls calls to choose from, some of them more than once
 */
record Theme(List<String> names, List<String> calls) {
  private static final List<Theme> ALL =
      List.of(
          // Renames of directories that globs name.
          new Theme(
              List.of(
                  "secret",
                  "secret/k.key",
                  "secret/plain",
                  "conf",
                  "conf/prod",
                  "conf/prod/x.pem",
                  "d",
                  "d/e",
                  "d/e/k.key",
                  "d/k.key",
                  "d/prod",
                  "d/prod/x.pem",
                  "x",
                  "x/k.key",
                  "x/prod",
                  "x/prod/x.pem",
                  "x/e",
                  "ldir",
                  "ldir/k.key"),
              List.of(
                  "rename", "rename", "rename", "open", "open", "read", "read", "mkdir", "rmdir",
                  "link", "symlink", "fchdir", "chdir", "list")),
          // Roots, and files that may replace them.
          new Theme(
              List.of(
                  "$R/out",
                  "$R/out/f",
                  "$R/out/d",
                  "$R/ws",
                  "$R/ws/d",
                  "$R/host",
                  "$R/host/f",
                  "$R/other",
                  "$R/other/f",
                  ".",
                  "..",
                  "d",
                  "x",
                  "x/f",
                  "../out",
                  "../out/f",
                  "@2",
                  "@3/f"),
              List.of(
                  "rename",
                  "rename",
                  "exchange",
                  "exchange",
                  "rmdir",
                  "rmdir",
                  "symlink",
                  "symlink",
                  "open",
                  "open",
                  "write",
                  "write",
                  "mkdir",
                  "unlink",
                  "link",
                  "chdir",
                  "fchdir",
                  "pass")),
          // Sockets that communicate with each other.
          new Theme(
              List.of(
                  "sock", "d/sock", "./sock", "ldir/sock", "$R/out/sock", ".git/hooks/pre", "a"),
              List.of(
                  "socket",
                  "socket",
                  "socket",
                  "bindsock",
                  "bindsock",
                  "bindsock",
                  "listen",
                  "listen",
                  "connectto",
                  "connectto",
                  "connectto",
                  "sendto",
                  "sendto",
                  "recv",
                  "recv",
                  "accept",
                  "accept",
                  "peername",
                  "peername",
                  "sockname",
                  "sockname",
                  "dup",
                  "pass",
                  "close",
                  "write",
                  "read",
                  "unlink",
                  "rename")));

  /** Returns a theme, or null for none. */
  static Theme draw(Random random) {
    int which = random.nextInt(2 * ALL.size());
    return which < ALL.size() ? ALL.get(which) : null;
  }
}
