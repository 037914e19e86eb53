package org.ringfence.linux.supervise;

/**
 * The numbers that the supervisor's epoll descriptor returns: one for each single descriptor, and
 * for each kind of descriptor a number that is added to the descriptor's own.
 */
final class PollData {
  static final long EVENT = 0;
  static final long LISTENER = 1;
  static final long MOUNT = 2;
  static final long PROCESS = 1L << 32;
  static final long CONNECT = 2L << 32;
  static final long END = 3L << 32;

  private PollData() {}
}
