/**
 * Compiles a policy to a Landlock ruleset, a seccomp program and bubblewrap's options, and plans
 * its guarantees. Pure; runs and is tested on every system.
 */
package org.ringfence.linux.plan;
