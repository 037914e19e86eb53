/**
 * Threads under a command's restrictions. A <em>command thread</em> restricts itself, spawns one
 * command and stays until it has ended; the <em>sandbox thread</em> starts command threads. Neither
 * starts other threads, loads classes or runs foreign code.
 */
package org.ringfence.linux.restricted;
