package org.ringfence.event;

/**
 * Keeps a record of what happens in a sandbox: of everything, so that nothing can be left out by
 * mistake. Given to {@link org.ringfence.Sandbox.Opener#recorder}, which has programs and
 * connections observed. Called on a thread of the sandbox's own, one event at a time.
 */
public interface EventRecorder {
  /**
   * Something was denied.
   *
   * @param violation what
   */
  void violation(Violation violation);

  /**
   * A program has ended, or has executed another in its place.
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
   * Events were dropped: what waits is bounded. Called in their place.
   *
   * @param dropped how many
   */
  void dropped(DroppedEvents dropped);

  /**
   * Whether commands are ended when a record of an executed program or of a connection is dropped,
   * or cannot be taken because this recorder throws. Must not wait; may be asked on any thread.
   *
   * @return true if no command may go on without its record
   */
  boolean needsEveryRecord();
}
