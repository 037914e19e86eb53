package org.ringfence.egress.decision;

/**
 * The process that a decision concerns.
 *
 * @param pid its number, or 0 when unknown
 * @param executable the program that it runs; empty when unknown
 * @param command the number of its command, or 0 when unknown
 */
public record Client(long pid, String executable, long command) {
  /** An unknown process. */
  public static final Client UNKNOWN = new Client(0, "", 0);
}
