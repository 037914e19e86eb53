package org.ringfence.cli.report;

/** Exit codes of Ringfence itself; every other exit code is the command's. */
public final class ExitCode {
  public static final int OK = 0;

  /** {@code check}, {@code verify}, {@code doctor}, {@code policy validate}: the answer is no. */
  public static final int NO = 1;

  /** {@code verify}: no case failed and none passed, so the suite verified nothing. */
  public static final int NOTHING_VERIFIED = 3;

  /** A limit ended the command, which then exited with 0. */
  public static final int LIMIT = 124;

  /** A mistake on the command line or in a policy, or a failure of Ringfence itself. */
  public static final int OWN_FAILURE = 125;

  /** No backend enforces the policy here; nothing was started. */
  public static final int REFUSED = 126;

  /** The command does not exist or cannot be executed. */
  public static final int NOT_FOUND = 127;

  private ExitCode() {}
}
