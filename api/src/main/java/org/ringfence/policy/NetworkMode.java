package org.ringfence.policy;

/** The part of the network that a command can reach. */
public enum NetworkMode {
  /** Nothing outside the sandbox. */
  NONE,
  /** The hosts and ports that the policy names. */
  ALLOWLIST,
  /** Everything. */
  FULL
}
