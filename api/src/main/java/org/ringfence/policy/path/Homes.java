package org.ringfence.policy.path;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The home directories of a machine: the caller's, and those of accounts that log in. */
public final class Homes {
  private static final Path ACCOUNTS = Path.of("/etc/passwd");
  private static final int HOME_FIELD = 5;
  private static final int SHELL_FIELD = 6;
  private static final Set<String> NO_SHELLS =
      Set.of("nologin", "false", "sync", "shutdown", "halt", "true");

  private Homes() {}

  /**
   * Returns the home directories, links resolved.
   *
   * @param places the machine; other homes are known only of this machine
   */
  public static Set<String> of(PathContext places) {
    Set<String> homes = new LinkedHashSet<>();
    add(places, places.home(), homes);
    if (places.lookup() == PathLookup.HOST) {
      add(places, System.getenv("HOME"), homes);
      if (places.style() == PathStyle.POSIX) {
        accounts(places, homes);
      }
      neighbours(places, homes);
    }
    return homes;
  }

  private static void add(PathContext places, String path, Set<String> homes) {
    if (path != null
        && path.indexOf('\0') < 0
        && places.style().isAbsolute(path)
        && places.style().components(path).size() > (places.style() == PathStyle.POSIX ? 0 : 1)) {
      String real = places.real(path);
      if (!places.style().components(real).isEmpty()) {
        homes.add(real);
      }
    }
  }

  /**
   * Adds the homes of passwd(5) accounts with a login shell, since the homes of services are data.
   */
  private static void accounts(PathContext places, Set<String> homes) {
    try {
      for (String line : Files.readString(ACCOUNTS).split("\n")) {
        String[] fields = line.split(":", -1);
        if (fields.length > SHELL_FIELD) {
          String shell = fields[SHELL_FIELD];
          if (!NO_SHELLS.contains(shell.substring(shell.lastIndexOf('/') + 1))) {
            add(places, fields[HOME_FIELD], homes);
          }
        }
      }
    } catch (IOException e) {
      // Without accounts, only the caller's home is known.
      return;
    }
  }

  /** Adds directories beside the caller's home, where accounts are not in a file. */
  private static void neighbours(PathContext places, Set<String> homes) {
    try {
      Path home = Path.of(places.home());
      Path parent = home.getParent();
      if (parent == null
          || parent.getFileName() == null
          || !List.of("users", "home")
              .contains(parent.getFileName().toString().toLowerCase(java.util.Locale.ROOT))) {
        return;
      }
      try (DirectoryStream<Path> all = Files.newDirectoryStream(parent, Files::isDirectory)) {
        all.forEach(each -> add(places, each.toString(), homes));
      }
    } catch (IOException | InvalidPathException e) {
      // The command cannot write where the caller cannot list.
      return;
    }
  }
}
