package org.ringfence.policy;

/** The action for a rule whose path does not exist when the sandbox opens. */
public enum MissingPath {
  /** Leave the rule out: nothing is granted, nothing is created. */
  SKIP,
  /** Refuse the policy. */
  REJECT
}
