/** The thin layer of native calls: libc through JNA, and nothing that decides. */
package org.ringfence.linux.bind;
