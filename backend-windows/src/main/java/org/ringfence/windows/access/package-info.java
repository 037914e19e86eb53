/** Sets entries on the access control lists of files, and removes them. */
package org.ringfence.windows.access;
