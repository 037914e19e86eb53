package org.ringfence.plan;

/** How strongly a guarantee holds. */
public enum Enforcement {
  /** The kernel, or a broker that the command cannot get around, holds it. */
  ENFORCED,
  /** It holds for a program that does not work against it. */
  ADVISORY,
  /** It does not hold. */
  UNSUPPORTED
}
