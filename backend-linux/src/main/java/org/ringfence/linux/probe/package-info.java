/** Finds out by trials which features this machine has. */
package org.ringfence.linux.probe;
