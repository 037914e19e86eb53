/**
 * Pure: policy in, Landlock ruleset and seccomp program out. Runs and is tested on every system.
 */
package org.ringfence.linux.plan;
