/**
 * Policies: the resources that a command may access, as an immutable value with one pure
 * evaluation.
 *
 * <p>The user writes a {@link org.ringfence.policy.SandboxPolicy}; {@link
 * org.ringfence.policy.effective.EffectivePolicy} is the same policy placed on one machine
 * (workspace, home, temporary directory), which every backend compiles and {@code check} evaluates.
 */
package org.ringfence.policy;
