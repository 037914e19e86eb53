package org.ringfence.event;

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
    COMMANDS
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
   * What this listener wants to hear of beyond what is known anyway. Asked once, when the sandbox
   * opens.
   *
   * @return the interests
   */
  default Set<Interest> interests() {
    return Set.of();
  }
}
