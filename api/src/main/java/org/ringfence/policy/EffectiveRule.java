package org.ringfence.policy;

/**
 * A file rule placed on a machine.
 *
 * @param path the real, absolute path
 * @param access what is granted below it
 * @param origin the rule as the policy has it, for people
 * @param scratch whether only short-lived things lie there (temporary files, shared memory,
 *     devices), so that names below it need no protection
 */
public record EffectiveRule(String path, Access access, String origin, boolean scratch) {}
