/**
 * Decisions on hosts outside a sandbox, and the allowlisting proxy for systems whose kernel cannot
 * filter by name and for clients that use a proxy anyway.
 */
package org.ringfence.egress;
