/** The journal's form on disk. */
package org.ringfence.windows.journal.json;
