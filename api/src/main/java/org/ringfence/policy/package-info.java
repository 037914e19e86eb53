/**
 * The policy: what a command may touch, as an immutable value with one pure evaluation.
 *
 * <p>{@link org.ringfence.policy.SandboxPolicy} is what a person writes; {@link
 * org.ringfence.policy.EffectivePolicy} is the same policy placed on one machine (workspace, home,
 * temporary directory), which every backend compiles and every answer of {@code check} comes from.
 */
package org.ringfence.policy;
