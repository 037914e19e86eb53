/** Runs commands under a profile, and ends them. */
package org.ringfence.macos.launch;
