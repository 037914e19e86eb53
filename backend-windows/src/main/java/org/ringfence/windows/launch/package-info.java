/** Applies plans: sets entries and takes them back, makes tokens, jobs and processes. */
package org.ringfence.windows.launch;
