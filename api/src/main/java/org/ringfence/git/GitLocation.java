package org.ringfence.git;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The location of a repository, as git reads it (urlmatch.c, connect.c, transport.c): where it
 * leads, and whether it names a program. Pure.
 */
sealed interface GitLocation {
  /** A server, reached by a protocol of git's own. */
  record Server() implements GitLocation {}

  /**
   * A repository of this machine.
   *
   * @param path the path as written, perhaps relative
   */
  record Local(String path) implements GitLocation {}

  /**
   * A location that may start a program, or that git and others may read in different ways.
   *
   * @param problem the reason, in a clause
   */
  record Refused(String problem) implements GitLocation {}

  /** {@code transport::address}: git starts {@code git-remote-transport}. */
  Pattern HELPER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9+.-]*::.*", Pattern.DOTALL);

  /** A scheme; git starts a helper for every scheme that it does not know itself. */
  Pattern URL = Pattern.compile("([A-Za-z0-9][A-Za-z0-9+.-]*)://(.*)", Pattern.DOTALL);

  Set<String> SCHEMES =
      Set.of("http", "https", "ssh", "git", "git+ssh", "ssh+git", "ftp", "ftps", "file");

  /** Reads a location. */
  static GitLocation of(String text) {
    if (text.isEmpty() || text.startsWith("-")) {
      return new Refused("is read as an option");
    }
    if (text.chars().anyMatch(c -> c <= ' ' && c != ' ' || c == 0x7f)) {
      return new Refused("has control characters");
    }
    if (HELPER.matcher(text).matches()) {
      return new Refused("names a program, a remote helper");
    }
    Matcher url = URL.matcher(text);
    if (url.matches()) {
      return withScheme(url.group(1).toLowerCase(Locale.ROOT), url.group(2));
    }
    int colon = text.indexOf(':');
    int slash = text.indexOf('/');
    if (colon >= 0 && (slash < 0 || colon < slash)) {
      String host = text.substring(0, colon);
      return afterUser(host).startsWith("-") || text.startsWith("-", colon + 1)
          ? new Refused("is read as an option")
          : new Server();
    }
    return new Local(text);
  }

  private static GitLocation withScheme(String scheme, String rest) {
    if (!SCHEMES.contains(scheme)) {
      return new Refused("names a program, a remote helper");
    }
    if (scheme.equals("file")) {
      // Git decodes percent signs, and takes a host as the first directory.
      return rest.startsWith("/") && rest.indexOf('%') < 0
          ? new Local(rest)
          : new Refused("is no plain path");
    }
    int slash = rest.indexOf('/');
    String host = slash < 0 ? rest : rest.substring(0, slash);
    String decoded = host.replaceAll("(?i)%2d", "-").replaceAll("(?i)%40", "@");
    boolean option =
        afterUser(host).startsWith("-")
            || decoded.startsWith("-")
            || afterUser(decoded).startsWith("-")
            || rest.startsWith("/-");
    return option ? new Refused("is read as an option") : new Server();
  }

  private static String afterUser(String host) {
    return host.substring(host.lastIndexOf('@') + 1);
  }
}
