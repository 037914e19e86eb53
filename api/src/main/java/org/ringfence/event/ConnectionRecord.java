package org.ringfence.event;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.ringfence.text.Printable;

/**
 * A decision about a connection to a host outside the sandbox.
 *
 * @param time the time of the decision
 * @param host the requested name, or the address when there was none
 * @param address the connected address; empty when there was no connection
 * @param port the port
 * @param pid the process, or 0 when it is unknown
 * @param executable the program that the process runs; empty when it is unknown
 * @param rule the rule that decided
 * @param allowed whether the connection was allowed
 * @param sent bytes that the command sent; empty when the connection does not pass through this JVM
 * @param received bytes that the command received; empty likewise
 * @param duration how long the connection lasted; empty likewise
 * @param command the number of the command, as in {@link
 *     org.ringfence.SandboxedProcess#commandId()}; 0 when it is unknown
 */
public record ConnectionRecord(
    Instant time,
    String host,
    String address,
    int port,
    long pid,
    String executable,
    String rule,
    boolean allowed,
    OptionalLong sent,
    OptionalLong received,
    Optional<Duration> duration,
    long command) {
  /** Checks that no part is null. */
  public ConnectionRecord {
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(address, "address");
    Objects.requireNonNull(executable, "executable");
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(sent, "sent");
    Objects.requireNonNull(received, "received");
    Objects.requireNonNull(duration, "duration");
  }

  /**
   * Creates an instance without a command number.
   *
   * @param time the time of the decision
   * @param host the requested name, or the address when there was none
   * @param address the connected address; empty when there was no connection
   * @param port the port
   * @param pid the process, or 0 when it is unknown
   * @param executable the program that the process runs; empty when it is unknown
   * @param rule the rule that decided
   * @param allowed whether the connection was allowed
   * @param sent bytes that the command sent; empty when the connection does not pass through this
   *     JVM
   * @param received bytes that the command received; empty likewise
   * @param duration how long the connection lasted; empty likewise
   */
  public ConnectionRecord(
      Instant time,
      String host,
      String address,
      int port,
      long pid,
      String executable,
      String rule,
      boolean allowed,
      OptionalLong sent,
      OptionalLong received,
      Optional<Duration> duration) {
    this(time, host, address, port, pid, executable, rule, allowed, sent, received, duration, 0);
  }

  /**
   * Returns a copy with a command number.
   *
   * @param number the command's number
   * @return the changed copy
   */
  public ConnectionRecord ofCommand(long number) {
    return new ConnectionRecord(
        time,
        host,
        address,
        port,
        pid,
        executable,
        rule,
        allowed,
        sent,
        received,
        duration,
        number);
  }

  /**
   * Returns the parts, with escapes in text that the command chose.
   *
   * @return one line
   */
  @Override
  public String toString() {
    return Printable.of(
        "ConnectionRecord["
            + "time="
            + time
            + ", host="
            + host
            + ", address="
            + address
            + ", port="
            + port
            + ", pid="
            + pid
            + ", executable="
            + executable
            + ", rule="
            + rule
            + ", allowed="
            + allowed
            + ", sent="
            + sent
            + ", received="
            + received
            + ", duration="
            + duration
            + ", command="
            + command
            + "]");
  }
}
