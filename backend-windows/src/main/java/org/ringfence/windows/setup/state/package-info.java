/** The state of a set-up that outlives a process. */
package org.ringfence.windows.setup.state;
