/** Structured events of a sandbox. */
package org.ringfence.event;
