/** The interfaces that a backend implements. {@link java.util.ServiceLoader} finds backends. */
package org.ringfence.spi;
