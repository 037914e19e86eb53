/** Plans of the Windows backends, as values: computed and tested on every system. */
package org.ringfence.windows.plan;
