package org.ringfence.egress;

/**
 * The process on whose behalf something is decided.
 *
 * @param pid its number, or 0 when it is not known
 * @param executable the program it runs; empty when it could not be learned
 * @param command the number of its command, or 0 when it is not known
 */
public record Client(long pid, String executable, long command) {
  /** A process that is not known. */
  public static final Client UNKNOWN = new Client(0, "", 0);
}
