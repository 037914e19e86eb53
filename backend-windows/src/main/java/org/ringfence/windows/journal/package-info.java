/** What is changed on a machine and has to be found again: written down before it is done. */
package org.ringfence.windows.journal;
