/**
 * The level {@code existing} of protected names: what exists when a sandbox opens, and what a
 * command has made when it ends.
 */
package org.ringfence.linux.names;
