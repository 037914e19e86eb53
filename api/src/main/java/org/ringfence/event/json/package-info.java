/** Events of a sandbox as JSON Lines. */
package org.ringfence.event.json;
