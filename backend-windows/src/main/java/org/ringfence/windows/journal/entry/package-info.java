/** The entries of the journal of changes. */
package org.ringfence.windows.journal.entry;
