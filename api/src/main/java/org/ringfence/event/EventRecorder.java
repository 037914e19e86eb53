package org.ringfence.event;

/**
 * Records what commands do in a sandbox, all of it, so that no kind can be left out by mistake.
 * {@link org.ringfence.Sandbox.Opener#recorder} takes it, and observes programs and connections for
 * it. The sandbox calls it on one of its threads, one event at a time. The starts and ends of the
 * commands themselves go to {@link org.ringfence.Sandbox.Opener#onCommand}.
 */
public interface EventRecorder {
  /**
   * Receives a denial.
   *
   * @param violation the denial
   */
  void violation(Violation violation);

  /**
   * Receives a program that has ended, or has executed another in its place.
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
   * Receives the number of dropped events: the queue is bounded. Called in their place.
   *
   * @param dropped the numbers
   */
  void dropped(DroppedEvents dropped);

  /**
   * Returns whether the sandbox ends commands when a record of an executed program or of a
   * connection is dropped, or cannot be taken because this recorder throws; and starts none when a
   * hook of {@code onCommand} throws at its start. Must not block; any thread may call it.
   *
   * @return true if no command may go on without its record
   */
  boolean needsEveryRecord();
}
