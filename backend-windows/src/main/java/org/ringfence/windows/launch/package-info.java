/** Applies plans: sets and removes entries, makes tokens, jobs and processes. */
package org.ringfence.windows.launch;
