/** Launches under random kills and full systems, with a watch over all that they may leave. */
package org.ringfence.benchmarks.soak;
