/** Sockets, their addresses, options and messages, and the sockets that belong to a sandbox. */
package org.ringfence.linux.socket;
