package org.ringfence.policy;

/** How much of the network a command reaches. */
public enum NetworkMode {
  /** Nothing outside the sandbox. */
  NONE,
  /** The hosts and ports that the policy names. */
  ALLOWLIST,
  /** Everything. */
  FULL
}
