/**
 * Threads under a command's restrictions. A <em>keeper</em> restricts itself, spawns one command
 * and stays until it has ended; the <em>warden</em> starts keepers. Neither starts other threads,
 * loads classes or runs foreign code.
 */
package org.ringfence.linux.keeper;
