/** The thin layer of native calls: libc through JNA, without decisions. */
package org.ringfence.linux.bind;
