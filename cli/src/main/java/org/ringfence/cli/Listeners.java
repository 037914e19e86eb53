package org.ringfence.cli;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.SandboxListener;
import org.ringfence.event.Violation;

/**
 * Several listeners as one.
 *
 * @param all the listeners
 */
record Listeners(List<SandboxListener> all) implements SandboxListener {
  static SandboxListener of(List<SandboxListener> listeners) {
    return listeners.isEmpty() ? SandboxListener.NONE : new Listeners(List.copyOf(listeners));
  }

  private void each(Consumer<SandboxListener> event) {
    all.forEach(event);
  }

  @Override
  public void violation(Violation violation) {
    each(listener -> listener.violation(violation));
  }

  @Override
  public void executed(AuditRecord command) {
    each(listener -> listener.executed(command));
  }

  @Override
  public void connection(ConnectionRecord connection) {
    each(listener -> listener.connection(connection));
  }

  @Override
  public void dropped(DroppedEvents dropped) {
    each(listener -> listener.dropped(dropped));
  }

  @Override
  public boolean needsEveryRecord() {
    return all.stream().anyMatch(SandboxListener::needsEveryRecord);
  }

  /** The first that wants to decide does. */
  @Override
  public HostVerdict unlistedHost(HostRequest request) {
    return decider().unlistedHost(request);
  }

  @Override
  public Duration decisionTimeout() {
    return decider().decisionTimeout();
  }

  private SandboxListener decider() {
    return all.stream()
        .filter(listener -> listener.interests().contains(Interest.UNLISTED_HOSTS))
        .findFirst()
        .orElse(SandboxListener.NONE);
  }

  @Override
  public Set<Interest> interests() {
    Set<Interest> interests = new HashSet<>();
    each(listener -> interests.addAll(listener.interests()));
    return interests;
  }
}
