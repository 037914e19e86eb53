/** Patterns of names that a policy denies, and their progress along a path. */
package org.ringfence.policy.glob;
