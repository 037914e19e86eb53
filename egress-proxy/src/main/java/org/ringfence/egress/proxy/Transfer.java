package org.ringfence.egress.proxy;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.policy.Decision;

/** Counts the bytes of one connection, on its event loop, and records them at the end. */
final class Transfer {
  private final HostDecisions decisions;
  private final Authority target;
  private final String address;
  private final Client client;
  private final Decision decision;
  private final Instant start = Instant.now();
  private final long startNanos = System.nanoTime();
  private long sent;
  private long received;
  private boolean recorded;

  Transfer(
      HostDecisions decisions, Authority target, String address, Client client, Decision decision) {
    this.decisions = decisions;
    this.target = target;
    this.address = address;
    this.client = client;
    this.decision = decision;
  }

  void sent(long bytes) {
    sent += bytes;
  }

  void received(long bytes) {
    received += bytes;
  }

  /** Records a connection that has ended, or was not made. */
  void end() {
    end(decision);
  }

  /** Records the end with a decision made during the connection. */
  void end(Decision last) {
    if (recorded) {
      return;
    }
    recorded = true;
    decisions.record(
        new ConnectionRecord(
            start,
            target.host(),
            address,
            target.port(),
            client.pid(),
            client.executable(),
            last.rule(),
            last.allowed(),
            OptionalLong.of(sent),
            OptionalLong.of(received),
            Optional.of(Duration.ofNanos(System.nanoTime() - startNanos)),
            client.command()));
  }
}
