/**
 * Plans: which guarantees of a policy a backend enforces on this machine, and by which mechanism.
 */
package org.ringfence.plan;
