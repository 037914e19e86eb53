/** The form on disk of what has been set up. */
package org.ringfence.windows.setup.json;
