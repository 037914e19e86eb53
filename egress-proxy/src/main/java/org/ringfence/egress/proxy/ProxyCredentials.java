package org.ringfence.egress.proxy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;

/**
 * The credentials of a proxy's client.
 *
 * @param user the user, without a colon
 * @param password the password
 */
public record ProxyCredentials(String user, String password) {
  private static final int BYTES = 20;

  /** Checks that no part is null. */
  public ProxyCredentials {
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(password, "password");
  }

  /**
   * Returns unguessable credentials: one sandbox cannot use another's proxy.
   *
   * @return new credentials each time
   */
  public static ProxyCredentials random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return new ProxyCredentials("ringfence", HexFormat.of().formatHex(bytes));
  }

  /** Returns the value of a header of RFC 7617. */
  String header() {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  /** Compares in a time that does not reveal how much matches. */
  boolean matches(String header) {
    return header != null
        && MessageDigest.isEqual(
            header.getBytes(StandardCharsets.UTF_8), header().getBytes(StandardCharsets.UTF_8));
  }

  boolean matches(String otherUser, String otherPassword) {
    return new ProxyCredentials(otherUser, otherPassword).matches(header());
  }

  /** Omits the password. */
  @Override
  public String toString() {
    return "ProxyCredentials[" + user + "]";
  }
}
