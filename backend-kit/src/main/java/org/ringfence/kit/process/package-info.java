/** Processes of a sandbox: waiting for them, ending them and reporting their end. */
package org.ringfence.kit.process;
