package org.ringfence.cli.command;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.HostPattern;
import org.ringfence.policy.value.InvalidPolicyException;

/** The target of {@code check}: a path, or a host with ports. */
sealed interface CheckTarget {
  /**
   * A file or a directory.
   *
   * @param path an absolute path
   */
  record File(String path) implements CheckTarget {}

  /**
   * A host.
   *
   * @param name its name or address
   * @param ports the ports to check
   * @param note how the word was interpreted; empty where it is unambiguous
   */
  record Host(String name, List<Integer> ports, String note) implements CheckTarget {}

  /** The ports that a rule without ports allows. */
  List<Integer> USUAL_PORTS = List.of(80, 443);

  /**
   * Parses the word.
   *
   * @param text the word
   * @param policy resolves specials
   * @throws InvalidPolicyException if it is neither
   */
  static CheckTarget of(String text, EffectivePolicy policy) {
    if (text.isBlank()) {
      throw new InvalidPolicyException("check", text, "a path or a host that is not empty");
    }
    if (text.startsWith(":") && !text.startsWith("::")) {
      return file(text, policy);
    }
    if (text.equals("~") || text.startsWith("~/")) {
      return file(":home" + text.substring(1), policy);
    }
    if (text.indexOf("://") >= 0) {
      // Fails, and names the host in the message.
      HostPattern.parse(text);
    }
    if (!isPathAlone(text) && text.matches(".*[^:]:[0-9]{1,9}|\\[.*]:[0-9]{1,9}")) {
      int colon = text.lastIndexOf(':');
      String host = text.substring(0, colon).replaceFirst("^\\[(.*)]$", "$1");
      return new Host(host, List.of(port(text.substring(colon + 1))), "");
    }
    if (!isPathAlone(text) && !isThere(text) && isHostName(text)) {
      return new Host(
          text.replaceFirst("^\\[(.*)]$", "$1"),
          USUAL_PORTS,
          "'" + text + "' is taken for a host; a file of that name is ./" + text);
    }
    return new File(Path.of(text).toAbsolutePath().normalize().toString());
  }

  private static File file(String text, EffectivePolicy policy) {
    return new File(
        policy
            .places()
            .written(policy.policy(), text)
            .orElseThrow(
                () ->
                    new InvalidPolicyException(
                        "check", text, "a path; each sandbox has such a place of its own")));
  }

  private static boolean isPathAlone(String text) {
    return text.startsWith(".")
        || text.indexOf('/') >= 0
        || text.indexOf('\\') >= 0
        || text.matches("[A-Za-z]:.*");
  }

  private static boolean isThere(String text) {
    return Files.exists(Path.of(text), LinkOption.NOFOLLOW_LINKS);
  }

  private static boolean isHostName(String text) {
    if (!text.equals("localhost") && text.indexOf('.') < 0 && text.indexOf(':') < 0) {
      return false;
    }
    try {
      HostPattern.parse(text);
      return !text.startsWith("*");
    } catch (InvalidPolicyException e) {
      return false;
    }
  }

  private static int port(String digits) {
    int port = Integer.parseInt(digits);
    if (port < 1 || port > 65535) {
      throw new InvalidPolicyException("port", digits, "a port from 1 to 65535");
    }
    return port;
  }
}
