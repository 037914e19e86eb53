/** Windows: restricted token, AppContainer or dedicated users. */
package org.ringfence.windows;
