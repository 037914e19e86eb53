/** Messages as JSON. */
package org.ringfence.windows.channel.json;
