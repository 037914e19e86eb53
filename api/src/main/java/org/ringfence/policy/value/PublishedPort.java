package org.ringfence.policy.value;

/**
 * A port of the sandbox that clients outside reach over the host's loopback.
 *
 * @param host the port on the host's loopback, 1 to 65535
 * @param sandbox the port that a server inside the sandbox listens on, 1 to 65535
 */
public record PublishedPort(int host, int sandbox) {
  private static final String FIELD = "network.publish";

  /** Checks both ports. */
  public PublishedPort {
    checked(host);
    checked(sandbox);
  }

  private static void checked(int port) {
    if (port < 1 || port > 65535) {
      throw new InvalidPolicyException(FIELD, Integer.toString(port), "a port from 1 to 65535");
    }
  }

  /**
   * Reads {@code 3000}, or {@code 8080:3000} for the host's port and the sandbox's.
   *
   * @param text the ports
   * @return the ports
   * @throws InvalidPolicyException if it is malformed
   */
  public static PublishedPort parse(String text) {
    if (!text.matches("[0-9]{1,5}(:[0-9]{1,5})?")) {
      throw new InvalidPolicyException(
          FIELD, text, "a port, 3000, or the host's and the sandbox's, 8080:3000");
    }
    int colon = text.indexOf(':');
    int host = Integer.parseInt(colon < 0 ? text : text.substring(0, colon));
    return new PublishedPort(host, colon < 0 ? host : Integer.parseInt(text.substring(colon + 1)));
  }

  /** Returns the ports as {@link #parse} reads them. */
  @Override
  public String toString() {
    return host == sandbox ? Integer.toString(host) : host + ":" + sandbox;
  }
}
