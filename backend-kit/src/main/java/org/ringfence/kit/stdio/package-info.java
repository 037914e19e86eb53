/** Standard output and error of a command: limits, readers and their end. */
package org.ringfence.kit.stdio;
