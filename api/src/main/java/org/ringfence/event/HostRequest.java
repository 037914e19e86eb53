package org.ringfence.event;

import java.util.Objects;
import org.ringfence.text.Printable;

/**
 * A command wants to reach a host that the policy neither allows nor denies by name.
 *
 * @param host the name, or the address when the command named none
 * @param port the port
 * @param pid the process, or 0 when it is unknown
 * @param executable the program that the process runs; empty when it is unknown
 * @param command the number of the command, as in {@link
 *     org.ringfence.SandboxedProcess#commandId()}; 0 when it is unknown
 */
public record HostRequest(String host, int port, long pid, String executable, long command) {
  /** Checks that no part is null. */
  public HostRequest {
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(executable, "executable");
  }

  /**
   * Returns host and port as one text.
   *
   * @return such as {@code example.org:443} or {@code [2001:db8::1]:443}
   */
  public String authority() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /**
   * Creates an instance without a command number.
   *
   * @param host the name, or the address when the command named none
   * @param port the port
   * @param pid the process, or 0 when it is unknown
   * @param executable the program that the process runs; empty when it is unknown
   */
  public HostRequest(String host, int port, long pid, String executable) {
    this(host, port, pid, executable, 0);
  }

  /**
   * Returns a copy with a command number.
   *
   * @param number the command's number
   * @return the changed copy
   */
  public HostRequest ofCommand(long number) {
    return new HostRequest(host, port, pid, executable, number);
  }

  /**
   * Returns the parts, with escapes in text that the command chose.
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
            + ", command="
            + command
            + "]");
  }
}
