/**
 * Applies the plan and owns the processes. A <em>keeper</em> is a thread that restricts itself,
 * spawns the command and stays until it has ended; the <em>warden</em> starts keepers; the
 * <em>supervisor</em> answers what the seccomp filter sends to it. Keepers and the warden never
 * start other threads, load classes or run code of others.
 */
package org.ringfence.linux.launch;
