package org.ringfence.spi;

/**
 * The presence of the module that reaches hosts by name and forwards ports. That module provides
 * this service; with it come Netty and dnsjava. Backends ask {@link java.util.ServiceLoader} for
 * the service before they use the module, since a user whose policies need no network leaves it
 * out.
 */
public interface EgressModule {}
