package org.ringfence.spi;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.Violation;

/**
 * Receives a backend's events of a sandbox's commands. A backend calls it on a dedicated thread,
 * one event at a time, never on a restricted thread; it logs and ignores exceptions. Programs that
 * embed a sandbox use the hooks of {@link org.ringfence.Sandbox.Opener} instead.
 */
public interface EventSink {
  /** Ignores all events. */
  EventSink NONE =
      new EventSink() {
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
      };

  /** Events that a backend observes only on request, because that costs the command time. */
  enum Observation {
    /**
     * Files that could not be opened. The backend observes every open of the command, without
     * changing its result.
     */
    DENIED_OPENS,
    /** Programs that are executed; see {@link #executed}. */
    COMMANDS,
    /** Decisions about connections to hosts outside; see {@link #connection}. */
    CONNECTIONS,
    /** Hosts that no rule of the policy lists; see {@link #unlistedHost}. */
    UNLISTED_HOSTS;

    /**
     * Returns the hooks that request observations, for messages.
     *
     * @param observations the observations
     * @return the names of the methods of {@link org.ringfence.Sandbox.Opener}
     */
    public static String hooks(Set<Observation> observations) {
      return observations.stream()
          .sorted()
          .map(
              observation ->
                  switch (observation) {
                    case DENIED_OPENS -> "onDenied";
                    case COMMANDS -> "onExecuted";
                    case CONNECTIONS -> "onConnection";
                    case UNLISTED_HOSTS -> "onUnlistedHost";
                  })
          .collect(Collectors.joining(", "));
    }
  }

  /**
   * Returns the requested observations. They do not change while the sandbox is open.
   *
   * @return the observations
   */
  Set<Observation> observes();

  /**
   * Receives a denial.
   *
   * @param violation the denial
   */
  void violation(Violation violation);

  /**
   * Receives a program of the tree that has ended, or has executed another in its place.
   *
   * @param command the executed program
   */
  void executed(AuditRecord command);

  /**
   * Receives a decided connection to a host outside; one that passes through this JVM has ended.
   *
   * @param connection the connection
   */
  void connection(ConnectionRecord connection);

  /**
   * Receives the number of dropped events: the queue is bounded. Called in their place, after
   * earlier events.
   *
   * @param dropped the numbers
   */
  void dropped(DroppedEvents dropped);

  /**
   * Returns whether the sandbox ends commands when a record of an executed program or of a
   * connection is dropped, or cannot be taken because this sink throws. Must not block; any thread
   * may call it.
   *
   * @return true if no command may go on without its record; false if the number of missing records
   *     is enough
   */
  boolean needsEveryRecord();

  /**
   * Decides about a host that no rule of the policy lists, in mode allowlist. A backend calls it
   * only for sinks that observe {@link Observation#UNLISTED_HOSTS}, on a separate thread, for one
   * host at a time. An exception is a denial, and so is an answer that takes longer than {@link
   * #decisionTimeout}. Ringfence looks a name up only once it is allowed.
   *
   * @param request the host
   * @return the decision
   */
  HostVerdict unlistedHost(HostRequest request);

  /**
   * Returns the time that {@link #unlistedHost} has.
   *
   * @return the time
   */
  Duration decisionTimeout();
}
