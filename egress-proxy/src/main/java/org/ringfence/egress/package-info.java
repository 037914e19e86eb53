/**
 * What decides on hosts outside a sandbox, and the allowlisting proxy for systems whose kernel
 * cannot filter by name and for clients that use one anyway.
 */
package org.ringfence.egress;
