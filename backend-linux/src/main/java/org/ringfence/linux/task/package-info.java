/**
 * A sandboxed thread seen from outside: its memory, its descriptors, its rights, and the call that
 * the seccomp filter holds.
 */
package org.ringfence.linux.task;
