package org.ringfence.wsl2.guest;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.Violation;
import org.ringfence.spi.EventSink;
import org.ringfence.wsl2.channel.message.GuestMessage;

/** Reports the events of a sandbox to the other side. */
final class GuestSink implements EventSink {
  /** The other side has its own time limit, which expires first. */
  private static final int SPARE_MILLIS = 2_000;

  private final GuestServer server;
  private final GuestMessage.Open asked;
  private final Set<Observation> interests = EnumSet.noneOf(Observation.class);

  GuestSink(GuestServer server, GuestMessage.Open asked) {
    this.server = server;
    this.asked = asked;
    asked.observes().forEach(name -> interests.add(Observation.valueOf(name)));
  }

  @Override
  public Set<Observation> observes() {
    return interests;
  }

  @Override
  public void violation(Violation violation) {
    server.tell(new GuestMessage.Denied(asked.sandbox(), violation));
  }

  @Override
  public void executed(AuditRecord command) {
    server.tell(
        new GuestMessage.Executed(
            asked.sandbox(),
            command.pid(),
            command.parent(),
            command.path(),
            command.arguments(),
            command.directory(),
            command.start().toString(),
            command.end().toString(),
            command.exit().isPresent(),
            command.exit().orElse(0),
            command.command()));
  }

  @Override
  public void connection(ConnectionRecord connection) {
    server.tell(
        new GuestMessage.Connected(
            asked.sandbox(),
            connection.time().toString(),
            connection.host(),
            connection.address(),
            connection.port(),
            connection.pid(),
            connection.executable(),
            connection.rule(),
            connection.allowed(),
            connection.sent().orElse(-1),
            connection.received().orElse(-1),
            connection.duration().map(Duration::toNanos).orElse(-1L),
            connection.command()));
  }

  @Override
  public void dropped(DroppedEvents dropped) {
    server.tell(new GuestMessage.Dropped(asked.sandbox(), dropped));
  }

  @Override
  public boolean needsEveryRecord() {
    return asked.complete();
  }

  @Override
  public HostVerdict unlistedHost(HostRequest request) {
    return server.verdict(asked.sandbox(), request, asked.decisionMillis() + SPARE_MILLIS);
  }

  @Override
  public Duration decisionTimeout() {
    return Duration.ofMillis(asked.decisionMillis());
  }
}
