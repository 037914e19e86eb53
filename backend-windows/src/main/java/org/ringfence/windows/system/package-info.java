/**
 * The system calls that the backends make, without a binding: what is above them is tested on every
 * system, with a Windows that answers any error.
 */
package org.ringfence.windows.system;
