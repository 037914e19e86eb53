/** Policies placed on a machine, which backends compile and enforce. */
package org.ringfence.policy.effective;
