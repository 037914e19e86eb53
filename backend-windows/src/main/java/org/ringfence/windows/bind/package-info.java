/** Makes the system calls, through JNA. No decision is made here. */
package org.ringfence.windows.bind;
