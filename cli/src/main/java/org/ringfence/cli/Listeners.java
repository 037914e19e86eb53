package org.ringfence.cli;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.ringfence.event.AuditRecord;
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
  public Set<Interest> interests() {
    Set<Interest> interests = new HashSet<>();
    each(listener -> interests.addAll(listener.interests()));
    return interests;
  }
}
