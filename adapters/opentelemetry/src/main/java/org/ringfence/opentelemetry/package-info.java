/** Spans and metrics of the commands of a sandbox. */
package org.ringfence.opentelemetry;
