/** Tests which confinements work on this machine, and whether they hold. */
package org.ringfence.windows.probe;
