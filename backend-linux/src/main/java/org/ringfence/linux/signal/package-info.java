/** The signals that this process itself receives. */
package org.ringfence.linux.signal;
