/** The messages between this JVM and the runner. */
package org.ringfence.windows.channel.message;
