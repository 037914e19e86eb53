package org.ringfence.egress;

import java.time.Duration;
import java.util.Set;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.Violation;
import org.ringfence.spi.EventSink;

/** A sink that ignores every event. A test overrides the methods it needs. */
public abstract class QuietSink implements EventSink {
  @Override
  public Set<Observation> observes() {
    return Set.of();
  }

  @Override
  public void violation(Violation violation) {}

  @Override
  public void executed(AuditRecord command) {}

  @Override
  public void connection(ConnectionRecord connection) {}

  @Override
  public void dropped(DroppedEvents dropped) {}

  @Override
  public boolean needsEveryRecord() {
    return false;
  }

  @Override
  public HostVerdict unlistedHost(HostRequest request) {
    return HostVerdict.DENY;
  }

  @Override
  public Duration decisionTimeout() {
    return Duration.ofSeconds(60);
  }
}
