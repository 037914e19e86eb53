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
 * Takes what a backend hears of a sandbox's commands. A backend calls it on a thread of its own,
 * one event at a time, never on a restricted thread; what it throws is logged and ignored. Programs
 * that embed a sandbox use the hooks of {@link org.ringfence.Sandbox.Opener} instead.
 */
public interface EventSink {
  /** Takes nothing. */
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

  /** What is observed only when it is asked for, because finding it out costs the command time. */
  enum Observation {
    /**
     * Files that could not be opened. Every open of the command is looked at; what happens to it
     * does not change.
     */
    DENIED_OPENS,
    /** Programs that are executed; see {@link #executed}. */
    COMMANDS,
    /** Decisions about connections to hosts outside; see {@link #connection}. */
    CONNECTIONS,
    /** Hosts that no rule of the policy lists; see {@link #unlistedHost}. */
    UNLISTED_HOSTS;

    /**
     * The hooks that ask for observations, for messages.
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
   * What is asked for beyond what is known anyway. The same for as long as the sandbox is open.
   *
   * @return the observations
   */
  Set<Observation> observes();

  /**
   * Something was denied.
   *
   * @param violation what
   */
  void violation(Violation violation);

  /**
   * A program of the tree has ended, or has executed another in its place.
   *
   * @param command the executed program
   */
  void executed(AuditRecord command);

  /**
   * A connection to a host outside was decided on, and has ended if it passed through this JVM.
   *
   * @param connection the connection
   */
  void connection(ConnectionRecord connection);

  /**
   * Events were dropped: what waits is bounded. Called in their place, after those that came
   * before.
   *
   * @param dropped how many
   */
  void dropped(DroppedEvents dropped);

  /**
   * Whether commands are ended when a record of an executed program or of a connection is dropped,
   * or cannot be taken because this sink throws. Must not wait; may be asked on any thread.
   *
   * @return true if no command may go on without its record; false if it is enough to hear how many
   *     are missing
   */
  boolean needsEveryRecord();

  /**
   * Decides about a host that no rule of the policy lists, in mode allowlist. Called for those that
   * observe {@link Observation#UNLISTED_HOSTS} only, on a thread of its own, and not for two hosts
   * at a time; what it throws is a denial, and so is an answer that takes longer than {@link
   * #decisionTimeout}. A name is not looked up before it is allowed.
   *
   * @param request the host
   * @return the decision
   */
  HostVerdict unlistedHost(HostRequest request);

  /**
   * How long {@link #unlistedHost} is waited for.
   *
   * @return the time
   */
  Duration decisionTimeout();
}
