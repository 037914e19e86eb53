/**
 * The allowlisting proxy that backends share whose system cannot filter by host name. Empty in this
 * version: a policy with network mode {@code allowlist} is refused.
 */
package org.ringfence.egress;
