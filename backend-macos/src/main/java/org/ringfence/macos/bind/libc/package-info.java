/**
 * Declarations of functions of libc, and nothing else: jnr-ffi implements them with classes outside
 * of every module, and so the package is open to all at run time.
 */
package org.ringfence.macos.bind.libc;
