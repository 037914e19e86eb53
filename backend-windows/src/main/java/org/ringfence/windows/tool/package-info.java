/** A model of the objects that common programs open, and of the programs that therefore start. */
package org.ringfence.windows.tool;
