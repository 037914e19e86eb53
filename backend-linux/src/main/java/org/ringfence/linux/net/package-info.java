/**
 * Performs or refuses the held calls that act on sockets, and carries a sandbox's connections to
 * the outside.
 */
package org.ringfence.linux.net;
