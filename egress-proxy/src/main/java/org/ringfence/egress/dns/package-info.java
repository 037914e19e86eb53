/**
 * The name server of a sandbox: it resolves only allowed names, and its answers are the addresses
 * that commands may connect to.
 */
package org.ringfence.egress.dns;
