package org.ringfence.windows.plan;

import org.ringfence.windows.acl.Sid;

/** A condition of a platform filter on a connection; all must hold. */
public sealed interface FilterCondition {
  /**
   * The user whose process it is ({@code FWPM_CONDITION_ALE_USER_ID}).
   *
   * @param user the user
   */
  record User(Sid user) implements FilterCondition {}

  /**
   * The protocol ({@code FWPM_CONDITION_IP_PROTOCOL}).
   *
   * @param number {@code IPPROTO_*}
   */
  record Protocol(int number) implements FilterCondition {}

  /** The other end is this machine's loopback ({@code FWPM_CONDITION_IP_REMOTE_ADDRESS}). */
  record Loopback() implements FilterCondition {}

  /**
   * The other end's port ({@code FWPM_CONDITION_IP_REMOTE_PORT}).
   *
   * @param from the first
   * @param to the last
   */
  record Ports(int from, int to) implements FilterCondition {}
}
