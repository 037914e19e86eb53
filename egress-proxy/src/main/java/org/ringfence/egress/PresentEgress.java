package org.ringfence.egress;

import org.ringfence.spi.EgressModule;

/** Tells backends that this module is there. */
public final class PresentEgress implements EgressModule {
  /** For {@link java.util.ServiceLoader}. */
  public PresentEgress() {}
}
