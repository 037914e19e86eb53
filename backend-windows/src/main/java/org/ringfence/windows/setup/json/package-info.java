/** The form on disk of set-up's records. */
package org.ringfence.windows.setup.json;
