/**
 * The values in a policy's text, such as host patterns and sizes, and the error for a malformed
 * one.
 */
package org.ringfence.policy.value;
