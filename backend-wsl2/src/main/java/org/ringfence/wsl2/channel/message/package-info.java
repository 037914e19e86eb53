/** The messages between this JVM and the JVM in a distribution. */
package org.ringfence.wsl2.channel.message;
