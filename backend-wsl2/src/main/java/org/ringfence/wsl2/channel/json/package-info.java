/** Messages as JSON. */
package org.ringfence.wsl2.channel.json;
