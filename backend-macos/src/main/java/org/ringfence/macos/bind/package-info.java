/** The calls of POSIX that a launch needs, through jnr-posix. */
package org.ringfence.macos.bind;
