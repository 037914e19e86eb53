/** The system calls, through JNA. Nothing here decides anything. */
package org.ringfence.windows.bind;
