/** Channels to a process that starts commands elsewhere: frames of bytes. */
package org.ringfence.kit.remote;
