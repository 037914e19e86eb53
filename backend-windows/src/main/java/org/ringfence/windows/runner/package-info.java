/** What is started as the sandbox's user, and what is started elevated. */
package org.ringfence.windows.runner;
