/** Programs that start as the sandbox's user, or elevated. */
package org.ringfence.windows.program;
