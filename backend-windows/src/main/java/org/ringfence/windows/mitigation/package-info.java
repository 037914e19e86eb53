/** Policies of the kernel that a process has from its start. */
package org.ringfence.windows.mitigation;
