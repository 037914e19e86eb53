package org.ringfence.event;

/**
 * Hears of what happens in a sandbox. Called on a thread of the sandbox's own, one event at a time,
 * never on a restricted thread; what it throws is ignored.
 */
@FunctionalInterface
public interface SandboxListener {
  /** A listener that does nothing. */
  SandboxListener NONE = violation -> {};

  /**
   * Something was denied.
   *
   * @param violation what
   */
  void violation(Violation violation);
}
