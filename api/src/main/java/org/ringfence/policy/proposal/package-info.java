/** Proposals of policy changes, made from reported denials. */
package org.ringfence.policy.proposal;
