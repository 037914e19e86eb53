/** What two processes of Ringfence say to each other: frames over named pipes. */
package org.ringfence.windows.channel;
