/** Messages between two processes of Ringfence: frames over named pipes. */
package org.ringfence.windows.channel;
