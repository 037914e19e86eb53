package org.ringfence.policy.path;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The temporary directories that the programs of a system share. On macOS each user has one below
 * {@code /var/folders}, which confstr(3) names. A JVM and Foundation use that one whatever {@code
 * TMPDIR} says; scripts use {@code /tmp}.
 */
final class SystemTmp {
  private static final Pattern OF_A_MAC_USER =
      Pattern.compile("((?:/private)?/var/folders/[^/]+/[^/]+)/T/?");
  private static final List<String> GETCONF = List.of("/usr/bin/getconf", "DARWIN_USER_TEMP_DIR");
  private static final int SECONDS = 5;

  private SystemTmp() {}

  /**
   * Returns the temporary directory of a user of macOS.
   *
   * @param asked the answer of {@code getconf}
   * @param javaTmp java.io.tmpdir, which is the same unless an option has set it
   * @return the directory below {@code /private}; {@code /private/tmp} when neither names one
   */
  static String ofMac(Supplier<Optional<String>> asked, String javaTmp) {
    return asked
        .get()
        .filter(SystemTmp::isOfMacUser)
        .or(() -> Optional.of(javaTmp).filter(SystemTmp::isOfMacUser))
        .map(path -> path.startsWith("/private") ? path : "/private" + path)
        .map(path -> path.replaceFirst("/$", ""))
        .orElse("/private/tmp");
  }

  private static boolean isOfMacUser(String path) {
    return OF_A_MAC_USER.matcher(path).matches();
  }

  /** Returns the answer of the system's own program, which takes none from the environment. */
  static Optional<String> getconf() {
    ProcessBuilder builder = new ProcessBuilder(GETCONF);
    builder.environment().clear();
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    try {
      Process process = builder.start();
      try (InputStream answer = process.getInputStream()) {
        String said = new String(answer.readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor(SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0
            ? Optional.of(Path.of(said).normalize().toString())
            : Optional.empty();
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /**
   * Returns all directories that programs share for temporary files.
   *
   * @param systemTmp the first of them
   * @return on macOS the user's, the one for caches beside it, which tools fill as they fill the
   *     first, and {@code /tmp}; elsewhere the given one
   */
  static List<String> shared(String systemTmp) {
    Matcher mac = OF_A_MAC_USER.matcher(systemTmp);
    return mac.matches()
        ? List.of(systemTmp, mac.group(1) + "/C", "/private/tmp")
        : List.of(systemTmp);
  }
}
