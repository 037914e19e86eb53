package org.ringfence.cli;

/** Exit codes of Ringfence itself; every other exit code is the command's. */
final class ExitCode {
  static final int OK = 0;

  /** {@code check}, {@code verify}, {@code doctor}, {@code policy validate}: the answer is no. */
  static final int NO = 1;

  /** {@code verify}: no case failed and none passed, so the suite verified nothing. */
  static final int NOTHING_VERIFIED = 3;

  /** A limit ended the command, which then exited with 0. */
  static final int LIMIT = 124;

  /** A mistake on the command line or in a policy, or a failure of Ringfence itself. */
  static final int OWN_FAILURE = 125;

  /** No backend enforces the policy here; nothing was started. */
  static final int REFUSED = 126;

  /** The command does not exist or cannot be executed. */
  static final int NOT_FOUND = 127;

  private ExitCode() {}
}
