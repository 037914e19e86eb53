package org.ringfence.policy.effective;

import org.ringfence.policy.Access;

/**
 * A file rule placed on a machine.
 *
 * @param path the real, absolute path
 * @param access the access granted below it
 * @param origin the rule as the policy has it, for messages
 * @param scratch whether only short-lived objects lie there (temporary files, shared memory,
 *     devices), so that names below it need no protection
 */
public record EffectiveRule(String path, Access access, String origin, boolean scratch) {}
