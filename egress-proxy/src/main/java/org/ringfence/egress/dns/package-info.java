/**
 * The name server of a sandbox: it resolves allowed names alone, and what it answered is what may
 * be connected to.
 */
package org.ringfence.egress.dns;
