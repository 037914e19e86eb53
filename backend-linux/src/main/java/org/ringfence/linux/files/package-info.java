/** Performs or refuses the held calls that act on files: opens, names, metadata and locks. */
package org.ringfence.linux.files;
