/** Records changes to a machine before they are made, so that a later process finds them. */
package org.ringfence.windows.journal;
