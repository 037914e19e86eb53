/**
 * Starts commands and owns their processes: opens a sandbox, wraps a command for bubblewrap or
 * restricts it by a Landlock ruleset, and ends it. Depends on {@code stream} and {@code supervise};
 * only {@code probe} depends on it.
 */
package org.ringfence.linux.launch;
