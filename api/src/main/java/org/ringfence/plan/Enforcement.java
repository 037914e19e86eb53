package org.ringfence.plan;

/** How strongly a guarantee holds. */
public enum Enforcement {
  /** The kernel, or a broker that the command cannot bypass, enforces it. */
  ENFORCED,
  /** It holds for programs that do not work against it. */
  ADVISORY,
  /** It does not hold. */
  UNSUPPORTED
}
