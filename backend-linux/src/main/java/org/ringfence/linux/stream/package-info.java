/**
 * Connects the standard streams of commands: pipes, pseudo-terminals, redirected files, and
 * descriptors that a caller hands in.
 */
package org.ringfence.linux.stream;
