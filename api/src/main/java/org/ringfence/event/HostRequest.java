package org.ringfence.event;

import java.util.Objects;

/**
 * A command wants to reach a host that the policy neither allows nor denies by name.
 *
 * @param host the name, or the address when the command named none
 * @param port the port
 * @param pid the process, or 0 when it is not known
 * @param executable the program that the process runs; empty when it could not be learned
 */
public record HostRequest(String host, int port, long pid, String executable) {
  /** Checks that no part is null. */
  public HostRequest {
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(executable, "executable");
  }

  /**
   * Host and port as one text.
   *
   * @return such as {@code example.org:443} or {@code [2001:db8::1]:443}
   */
  public String authority() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /**
   * The parts, what a command chose among them escaped.
   *
   * @return one line
   */
  @Override
  public String toString() {
    return Printable.of(
        "HostRequest["
            + "host="
            + host
            + ", port="
            + port
            + ", pid="
            + pid
            + ", executable="
            + executable
            + "]");
  }
}
