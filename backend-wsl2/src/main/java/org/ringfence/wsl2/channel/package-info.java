/** Messages between this side and a distribution: frames over one pair of streams. */
package org.ringfence.wsl2.channel;
