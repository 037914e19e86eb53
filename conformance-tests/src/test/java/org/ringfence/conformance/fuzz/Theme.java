package org.ringfence.conformance.fuzz;

import java.util.List;
import java.util.Random;

/**
 * Names and calls that interact more often than random ones. Half of all sequences use a theme; the
 * others use all names and calls.
 *
 * @param names names to choose from
 * @param keepsTo how many of them a sequence chooses from, 0 for all
 * @param targets targets of symbolic links, empty for any
 * @param calls calls to choose from, some of them more than once
 * @param forks whether there are several processes in every sequence
 */
record Theme(
    List<String> names, int keepsTo, List<String> targets, List<String> calls, boolean forks) {
  /** Roots, and files that may replace them. */
  private static final Theme ROOTS =
      new Theme(
          List.of(
              "$R/out",
              "$R/out",
              "$R/out",
              "$R/out",
              "$R/out/f",
              "$R/out/f",
              "$R/ws",
              "$R/host",
              "$R/host/f",
              ".",
              "d",
              "x",
              "../out",
              "../out/f",
              "@2",
              "@3/f"),
          5,
          List.of("$R/host", "$R/host", "$R/host", "$R/host", "$R/host/f", "$R/out", "..", "d"),
          List.of(
              "rmdir",
              "rmdir",
              "rmdir",
              "rename",
              "exchange",
              "symlink",
              "symlink",
              "open",
              "open",
              "write",
              "truncate",
              "mkdir",
              "unlink",
              "link",
              "chdir"),
          false);

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
              0,
              List.of(),
              List.of(
                  "rename", "rename", "rename", "open", "open", "read", "read", "mkdir", "rmdir",
                  "link", "symlink", "fchdir", "chdir", "list"),
              false),
          ROOTS,
          // Sockets that communicate with each other.
          new Theme(
              List.of(
                  "sock", "d/sock", "./sock", "ldir/sock", "$R/out/sock", ".git/hooks/pre", "a"),
              0,
              List.of(),
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
                  "rename"),
              false),
          // Processes that share directories, masks and descriptors, and hand them to each other.
          new Theme(
              List.of(
                  "a",
                  "d",
                  "d/a",
                  "d/e",
                  "d/e/f",
                  "x",
                  "x/a",
                  ".",
                  "..",
                  "../out",
                  "../out/f",
                  "../host/f",
                  "$R/out",
                  "$R/host",
                  "$R/host/f",
                  "$R/ws",
                  "secret",
                  "secret/k.key",
                  "k.key",
                  "@2",
                  "@3/a",
                  "@3/..",
                  "%0/cwd",
                  "%2/cwd",
                  "%2/cwd/a",
                  "%2/cwd/../host/f",
                  "%3/cwd",
                  "%3/cwd/k.key",
                  "%2@2",
                  "%3@3/a",
                  "%4@3",
                  "%4/root$R/host/f"),
              0,
              List.of(),
              List.of(
                  "hand",
                  "hand",
                  "hand",
                  "fchdir",
                  "chdir",
                  "chdir",
                  "open",
                  "open",
                  "open",
                  "write",
                  "read",
                  "dup",
                  "close",
                  "umask",
                  "mkdir",
                  "rename",
                  "rename",
                  "unlink",
                  "rmdir",
                  "link",
                  "fsize",
                  "truncate",
                  "write",
                  "setfl",
                  "fchmod",
                  "ftruncate",
                  "stat",
                  "list",
                  "bindsock",
                  "socket"),
              true));

  /**
   * Returns a theme, or null for none.
   *
   * @param turns whether several sandboxes run one after the other, where roots that the first one
   *     leaves changed decide on what the next one may do
   */
  static Theme draw(Random random, boolean turns) {
    if (turns && random.nextBoolean()) {
      return ROOTS;
    }
    int which = random.nextInt(2 * ALL.size());
    return which < ALL.size() ? ALL.get(which) : null;
  }
}
