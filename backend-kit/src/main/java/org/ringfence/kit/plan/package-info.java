/** Planners: the promises of a policy in words, and the frame in which a backend answers them. */
package org.ringfence.kit.plan;
