package org.ringfence.event;

import java.time.Duration;
import java.util.Set;

/**
 * Hears of what happens in a sandbox. Called on a thread of the sandbox's own, one event at a time,
 * never on a restricted thread; what it throws is logged and ignored.
 */
@FunctionalInterface
public interface SandboxListener {
  /** A listener that does nothing. */
  SandboxListener NONE = violation -> {};

  /** What is reported only to those who ask, because finding it out costs the command time. */
  enum Interest {
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
    UNLISTED_HOSTS
  }

  /**
   * Something was denied.
   *
   * @param violation what
   */
  void violation(Violation violation);

  /**
   * A program of the tree has ended, or has executed another in its place.
   *
   * @param command what was executed
   */
  default void executed(AuditRecord command) {}

  /**
   * A connection to a host outside was decided on, and has ended if it passed through this JVM.
   *
   * @param connection the connection
   */
  default void connection(ConnectionRecord connection) {}

  /**
   * Events were dropped: what waits for a listener is bounded. Called in their place, after those
   * that came before.
   *
   * @param dropped how many
   */
  default void dropped(DroppedEvents dropped) {}

  /**
   * Whether commands are ended when a record of an executed program or of a connection is dropped,
   * or cannot be taken because this listener throws. Must not wait; may be asked on any thread.
   *
   * @return true if no command may go on without its record; false if it is enough to hear how many
   *     are missing
   */
  default boolean needsEveryRecord() {
    return false;
  }

  /**
   * Decides about a host that no rule of the policy lists, in mode allowlist. Called for those with
   * {@link Interest#UNLISTED_HOSTS} only, on a thread of its own, and not for two hosts at a time;
   * what it throws is a denial, and so is an answer that takes longer than {@link
   * #decisionTimeout}. A name is not looked up before it is allowed.
   *
   * @param request the host
   * @return the decision
   */
  default HostVerdict unlistedHost(HostRequest request) {
    return HostVerdict.DENY;
  }

  /**
   * How long {@link #unlistedHost} is waited for.
   *
   * @return the time
   */
  default Duration decisionTimeout() {
    return Duration.ofSeconds(60);
  }

  /**
   * What this listener wants to hear of beyond what is known anyway. Asked once, when the sandbox
   * opens.
   *
   * @return the interests
   */
  default Set<Interest> interests() {
    return Set.of();
  }
}
