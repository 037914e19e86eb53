/** Reads the settings of other sandboxes as policies, and names each part that no policy says. */
package org.ringfence.cli.imports;
