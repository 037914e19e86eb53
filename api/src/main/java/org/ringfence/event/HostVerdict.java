package org.ringfence.event;

/** A listener's decision about a host that the policy does not list. */
public enum HostVerdict {
  /** Allows this connection; the sandbox asks again about the next one. */
  ALLOW_ONCE,
  /** Allows this host and port while the sandbox is open. */
  ALLOW_FOR_SANDBOX,
  /** Refuses this connection, and later ones to this host and port without asking again. */
  DENY
}
