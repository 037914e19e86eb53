package org.ringfence.event;

/** What a listener decides about a host that the policy does not list. */
public enum HostVerdict {
  /** This connection is made; the next one is asked about again. */
  ALLOW_ONCE,
  /** This host and port are allowed as long as the sandbox is open. */
  ALLOW_FOR_SANDBOX,
  /** The connection is refused, and others to this host and port without being asked about. */
  DENY
}
