/** Processes of a sandbox: how they are ended, waited for and reported. */
package org.ringfence.kit.process;
