/** What the two sides of a distribution say to each other: frames over one pair of streams. */
package org.ringfence.wsl2.channel;
