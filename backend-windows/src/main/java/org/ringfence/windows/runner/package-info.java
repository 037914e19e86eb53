/** Makes commands as the sandbox's user, in a process of that user. */
package org.ringfence.windows.runner;
