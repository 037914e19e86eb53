/**
 * The system calls of the backends, without a binding: the layers above are tested on every system,
 * with a fake Windows that can return any error.
 */
package org.ringfence.windows.system;
