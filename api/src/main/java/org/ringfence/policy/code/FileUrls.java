package org.ringfence.policy.code;

import java.io.ByteArrayOutputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Files of URLs, as the JDK's class loaders open them (jdk.internal.loader.URLClassPath and
 * FileURLMapper): the host may be empty or {@code localhost}, a query is part of the name, and a
 * relative name begins at the working directory. {@link java.nio.file.Path#of(java.net.URI)}
 * refuses all of these.
 */
final class FileUrls {
  private static final String FILE = "file:";
  private static final String JAR = "jar:";
  private static final String NESTED = "nested:";
  private static final int HEX_DIGITS = 2;

  private FileUrls() {}

  /**
   * Returns the file of a URL: itself, or the outermost archive of {@code jar:file:/a.jar!/b} and
   * of Spring Boot's {@code jar:nested:/a.jar/!b.jar!/c}.
   *
   * @param url the text of a URL
   * @return an absolute path, with links and {@code ..} as written; empty for a URL of another kind
   *     or of another machine, and for a name that no file has
   */
  static Optional<Path> file(String url) {
    if (!url.startsWith(JAR)) {
      return url.startsWith(FILE) ? path(url.substring(FILE.length())) : Optional.empty();
    }
    boolean nested = url.startsWith(NESTED, JAR.length());
    String inner = url.substring(JAR.length() + (nested ? NESTED.length() : 0));
    if (!nested && !inner.startsWith(FILE)) {
      return Optional.empty();
    }
    return archive(nested ? inner : inner.substring(FILE.length()), nested ? "/!" : "!/");
  }

  /** Names may end with an exclamation mark: the first file on the way is the archive. */
  private static Optional<Path> archive(String name, String separator) {
    int end = name.indexOf(separator);
    Optional<Path> first = path(end < 0 ? name : name.substring(0, end));
    while (end >= 0) {
      Optional<Path> candidate = path(name.substring(0, end));
      if (candidate.filter(Files::isRegularFile).isPresent()) {
        return candidate;
      }
      end = name.indexOf(separator, end + 1);
    }
    return first;
  }

  /** Resolves what a manifest names against the archive that has it. */
  static Optional<Path> relative(Path archive, String name) {
    int colon = name.indexOf(':');
    if (colon >= 0 && !name.regionMatches(true, 0, FILE, 0, FILE.length())) {
      return Optional.empty();
    }
    try {
      return file(new URL(archive.toUri().toURL(), name).toString());
    } catch (MalformedURLException e) {
      // Nor does a class loader take it.
      return Optional.empty();
    }
  }

  private static Optional<Path> path(String afterScheme) {
    String name = afterScheme;
    if (name.startsWith("//")) {
      int slash = name.indexOf('/', 2);
      String host = name.substring(2, slash < 0 ? name.length() : slash);
      if (slash < 0 || !host.isEmpty() && !host.equalsIgnoreCase("localhost")) {
        return Optional.empty();
      }
      name = name.substring(slash);
    }
    int fragment = name.indexOf('#');
    try {
      return Optional.of(
          Path.of(decoded(fragment < 0 ? name : name.substring(0, fragment))).toAbsolutePath());
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** Decodes percent signs; some loaders leave them, and blanks, as they are. */
  private static String decoded(String name) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(name.length());
    byte[] all = name.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < all.length; i++) {
      if (all[i] != '%') {
        bytes.write(all[i]);
      } else if (i + HEX_DIGITS < all.length
          && HexFormat.isHexDigit(all[i + 1])
          && HexFormat.isHexDigit(all[i + 2])) {
        bytes.write(HexFormat.fromHexDigit(all[i + 1]) << 4 | HexFormat.fromHexDigit(all[i + 2]));
        i += HEX_DIGITS;
      } else {
        return name;
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
