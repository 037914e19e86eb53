/**
 * What the author of a backend implements. Backends are found through {@link
 * java.util.ServiceLoader}.
 */
package org.ringfence.spi;
