/** Confines commands, by a restricted token or an AppContainer. */
package org.ringfence.windows.confine;
