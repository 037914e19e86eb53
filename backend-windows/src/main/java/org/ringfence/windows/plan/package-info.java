/** What the Windows backends will do, as values: computed and tested on every system. */
package org.ringfence.windows.plan;
